import Catalog
import ControlAPI
import Datasets
import Domain
import Foundation
import ModelFormats
import Testing
import Training

@testable import Daemon

private let member = Caller(uid: 1_000, tenant: .default, role: .member)

private func dataset(
    _ name: String,
    columns: Int,
    names: [SourceColumn]? = nil,
    classes: [String] = ["no", "yes"],
    layout: RowLayout = .sparse
) -> DatasetManifest {
    var data = sampleManifest(
        name,
        rows: 0,
        columns: columns,
        labels: .classes(classes),
        layout: layout
    )
    data.mapping = ColumnMapping(columns: names, count: columns)
    return data
}

private func finished(
    on data: DatasetManifest,
    kind: ModelKind = .logistic,
    parameters: [Float],
    run: RunID = RunID(checked: "r-abcdef")
) -> FinishedModel {
    var spec = RunSpec(algorithm: .sgd, dataset: data.name)
    spec.name = ModelName(checked: "m")
    let plan = RunPlan(
        run: run,
        tenant: .default,
        generation: Generation(1),
        coordinator: NodeID(checked: "a"),
        seats: [],
        dataset: data.version
    )
    let record = RunRecord(
        id: run,
        tenant: .default,
        spec: spec,
        plan: plan,
        startedBy: 0,
        startedAt: 1
    )
    let shape = ModelShape(
        kind: kind,
        columns: data.columns,
        classes: data.labels.classCount,
        bias: .free,
        biasScale: 1
    )
    return FinishedModel(
        record: record,
        dataset: data,
        made: MadeModel(shape: shape, words: parameters),
        metrics: [],
        madeAt: 2
    )
}

@Suite("Models")
struct ModelTests {
    @Test("A model's file is safetensors that says what it is, and gives its parameters back")
    func file() throws {
        let parameters: [Float] = [1, -2, 3.5, .infinity, 5, 6, 7, 8, 9, 10, 11, 12]
        let data = dataset("x", columns: 3, classes: ["a", "b \"q\"", "c"])
        let manifest = ModelManifest(finished(on: data, kind: .softmax, parameters: parameters))
        let bytes = Safetensors.write(ModelContents(manifest, words: parameters)).bytes
        let length = Int(bytes[0]) | Int(bytes[1]) << 8
        #expect((8 + length) % 64 == 0)
        let json = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length]))
        let header = try #require(json as? [String: [String: Any]])
        #expect(header["weights"]?["shape"] as? [Int] == [3, 3])
        #expect(header["weights"]?["data_offsets"] as? [Int] == [0, 36])
        #expect(header["bias"]?["shape"] as? [Int] == [3])
        #expect(header["bias"]?["data_offsets"] as? [Int] == [36, 48])
        #expect(header["__metadata__"]?["classes"] as? String == #"["a","b \"q\"","c"]"#)
        #expect(header["__metadata__"]?["run"] as? String == "r-abcdef")
        #expect(Safetensors.words(in: bytes, count: 12) == parameters)
        #expect(Safetensors.words(in: bytes, count: 13) == nil)
        #expect(Safetensors.words(in: Array(bytes.prefix(5)), count: 0) == nil)
        var hostile = bytes
        for place in 0..<8 { hostile[place] = 0xFF }
        #expect(Safetensors.words(in: hostile, count: 12) == nil)
    }

    @Test("Data with other columns or classes are refused, with both named")
    func misfits() throws {
        let names = [SourceColumn(name: "age"), SourceColumn(name: "job", categories: ["x", "y"])]
        let data = dataset("train", columns: 3, names: names)
        let model = ModelManifest(finished(on: data, kind: .logistic, parameters: []))
        try model.requireFit(data)
        var others = names
        others[0].name = "size"
        var texts = names
        texts[1].categories = ["x", "z"]
        let cases: [(DatasetManifest, String)] = [
            (dataset("d", columns: 3, names: others), "'age' that is 'size' in 'd'"),
            (dataset("d", columns: 3, names: texts), "'job' has other values than in 'd'"),
            (dataset("d", columns: 1, names: [names[0]]), "with 2 columns; 'd' has 1"),
            (dataset("d", columns: 3), "have names; those of 'd' have none"),
            (
                dataset("d", columns: 3, names: names, classes: ["no", "maybe"]),
                "classes no, yes; 'd' has classes no, maybe"
            ),
        ]
        for (other, text) in cases {
            let error = #expect(throws: RPCError.self) { try model.requireFit(other) }
            #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("model 'm' was trained on 'train'") == true)
        }
        let plain = dataset("train", columns: 3)
        let sparse = ModelManifest(finished(on: plain, kind: .logistic, parameters: []))
        try sparse.requireFit(dataset("d", columns: 2))
        #expect(throws: RPCError.self) { try sparse.requireFit(dataset("d", columns: 4)) }
        #expect(throws: RPCError.self) {
            try sparse.requireFit(dataset("d", columns: 2, layout: .dense))
        }
    }

    @Test("What a node has not heard of it asks the others for")
    func elsewhere() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let (a, b) = (try nodes["a"].services.data, try nodes["b"].services.data)
            for number in 0..<5 {
                let run = RunID(checked: "r-made\(number)")
                let data = dataset("x", columns: 2)
                let manifest = ModelManifest(finished(on: data, parameters: [1, 2, 3], run: run))
                // Nobody is told: it lies there as a model does whose news is on its way.
                try await a.catalog { database throws(CatalogError) in try database.put(manifest) }
                #expect(try await b.model(RunReference(run.text), for: member) == manifest)
            }
            await #expect(throws: RPCError.self) {
                try await b.model(RunReference("n"), for: member)
            }
        }
    }

    @Test("A model that is removed is gone on all nodes, with its file, and does not come back")
    func removal() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let model = finished(on: dataset("x", columns: 2), parameters: [1, 2, 3])
            let (a, c) = (try nodes["a"].services.data, try nodes["c"].services.data)
            try await a.save(model)
            for name in ["a", "b", "c"] {
                let data = try nodes[name].services.data
                try await wait(for: "the model on \(name)") {
                    data.objects.list(tenant: .default).count == 1
                }
            }
            let client = try nodes.client("b")
            let reply = try await client.ask("model.rm", params: #"{"model":"m"}"#)
            #expect((reply["result"] as? [String: Any])?["run"] as? String == "r-abcdef")
            for name in ["a", "b", "c"] {
                let data = try nodes[name].services.data
                #expect(data.objects.list(tenant: .default).isEmpty, "\(name)")
                await #expect(throws: RPCError.self) {
                    try await data.model(RunReference("m"), for: member)
                }
            }
            #expect(code(try await client.ask("model.rm", params: #"{"model":"m"}"#)) == 500)
            // A seat that stores late stores nothing that stays.
            try await c.save(model)
            await c.keepModels()
            #expect(c.objects.list(tenant: .default).isEmpty)
            await #expect(throws: RPCError.self) {
                try await c.model(RunReference("m"), for: member)
            }
        }
    }

    @Test("A model that one node stores lies on all of them, and a damaged file is fetched again")
    func everywhere() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let a = try nodes["a"].services.data
            let model = finished(
                on: dataset("x", columns: 2),
                kind: .logistic,
                parameters: [1, 2, 3]
            )
            try await a.save(model)
            // Another seat stores the same.
            try await nodes["b"].services.data.save(model)
            let manifest = try await a.model(RunReference("m"), for: member)
            for name in ["a", "b", "c"] {
                let data = try nodes[name].services.data
                try await wait(for: "the model on \(name)") {
                    data.objects.list(tenant: .default).count == 1
                }
                #expect(try await data.words(of: manifest) == [1, 2, 3])
            }
            let c = try nodes["c"].services.data
            let id = try #require(c.objects.list(tenant: .default).first)
            let path = c.objects.path(of: id, tenant: .default)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: Data([1]))
            try handle.close()
            await #expect(throws: RPCError.self) { try await c.words(of: manifest) }
            #expect(try await c.words(of: manifest) == [1, 2, 3])
        }
    }
}
