import Catalog
import Domain
import Foundation

/// A folder that is gone when the test is over.
final class Scratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Path of the catalogue.
    var path: String { url.appending(path: "catalog.sqlite").path }

    func open() throws(CatalogError) -> Database { try Database(path: path) }
}

let red = TenantID(checked: "red")
let blue = TenantID(checked: "blue")

func caller(_ tenant: TenantID) -> Caller { Caller(uid: 1_000, tenant: tenant, role: .member) }

func hash(_ byte: UInt8) -> ContentHash {
    ContentHash(bytes: Array(repeating: byte, count: 32))
}

func manifest(
    _ name: String,
    of tenant: TenantID = red,
    version: UInt8 = 1,
    addedAt: Double = 100.125
) -> DatasetManifest {
    let shard = ShardDescription(
        index: 0,
        rows: 10,
        values: 40,
        bytes: 4_096,
        hash: hash(version),
        holders: [NodeID(checked: "a"), NodeID(checked: "b")]
    )
    return DatasetManifest(
        tenant: tenant,
        name: DatasetName(checked: name),
        version: hash(version),
        layout: .dense,
        rows: 10,
        columns: 4,
        nonzeros: 31,
        mapping: ColumnMapping(
            columns: [SourceColumn(name: "town", categories: ["Ö", "b"])],
            count: 4
        ),
        labels: .classes(["no", "yes"]),
        classCounts: [ClassCount(label: "no", count: 4), ClassCount(label: "yes", count: 6)],
        constantColumns: [],
        shards: [shard],
        seed: 7,
        format: "csv",
        warnings: [],
        addedAt: addedAt
    )
}

func record(
    _ id: String,
    of tenant: TenantID = red,
    generation: UInt64 = 1,
    startedAt: Double = 50
) -> RunRecord {
    let plan = RunPlan(
        run: RunID(checked: id),
        tenant: tenant,
        generation: Generation(generation),
        coordinator: NodeID(checked: "a"),
        seats: [Seat(node: NodeID(checked: "a"), shards: [0])],
        dataset: hash(1)
    )
    return RunRecord(
        id: RunID(checked: id),
        tenant: tenant,
        spec: RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "digits")),
        plan: plan,
        startedBy: 1_000,
        startedAt: startedAt
    )
}

extension RunRecord {
    func ended(_ outcome: Outcome) -> RunRecord {
        var copy = self
        copy.status = .ended
        copy.result = RunResult(outcome: outcome, rule: "as it was")
        return copy
    }
}

func model(
    _ name: String,
    run: String,
    of tenant: TenantID = red,
    madeAt: Double = 70
) -> ModelManifest {
    ModelManifest(
        tenant: tenant,
        name: ModelName(checked: name),
        run: RunID(checked: run),
        generation: Generation(1),
        shape: ModelShape(
            kind: .softmax,
            columns: 4,
            classes: 2,
            bias: .free,
            biasScale: 1
        ),
        algorithm: .sgd,
        dataset: DatasetName(checked: "digits"),
        datasetVersion: hash(1),
        mapping: ColumnMapping(columns: nil, count: 4),
        labels: .classes(["no", "yes"]),
        hash: hash(9),
        bytes: 168,
        metrics: [],
        madeAt: madeAt
    )
}

func object(_ id: String, of tenant: TenantID = red, part: Int = 0) -> StoredObject {
    StoredObject(
        tenant: tenant,
        id: id,
        kind: .shard,
        owner: hash(1).description,
        part: part,
        hash: hash(1),
        bytes: 4_096,
        role: .replica
    )
}

extension Database {
    /// Stores a dataset and lets its name mean it.
    func add(_ manifest: DatasetManifest, registerVersion: UInt64 = 1) throws(CatalogError) {
        try put(manifest)
        try learn(
            manifest.name,
            of: manifest.tenant,
            means: DatasetVersion(manifest),
            registerVersion: registerVersion
        )
    }
}
