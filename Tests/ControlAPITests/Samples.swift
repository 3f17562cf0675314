import Domain

/// A run on two nodes that has just been accepted.
func record(
    id: String = "r-abcdef",
    name: String? = nil,
    uid: UInt32 = 1000,
    at seconds: Double = 1e9
) -> RunRecord {
    var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "digits"))
    spec.name = name.map { ModelName(checked: $0) }
    let plan = RunPlan(
        run: RunID(checked: id),
        tenant: .default,
        generation: Generation(1),
        coordinator: NodeID(checked: "a"),
        seats: ["a", "b"].map { Seat(node: NodeID(checked: $0), shards: [0]) },
        dataset: hash()
    )
    return RunRecord(
        id: RunID(checked: id),
        tenant: .default,
        spec: spec,
        plan: plan,
        startedBy: uid,
        startedAt: seconds
    )
}

/// A digest of 32 equal bytes.
func hash(_ byte: UInt8 = 7) -> ContentHash {
    ContentHash(bytes: Array(repeating: byte, count: 32))
}

/// Ten rows in two shards on three nodes.
func manifest() -> DatasetManifest {
    func shard(_ index: Int, _ holders: [String]) -> ShardDescription {
        ShardDescription(
            index: index,
            rows: 5,
            values: 15,
            bytes: 1000,
            hash: hash(),
            holders: holders.map { NodeID(checked: $0) }
        )
    }
    let columns = [
        SourceColumn(name: "size"), SourceColumn(name: "color", categories: ["blue", "red"]),
    ]
    return DatasetManifest(
        tenant: .default,
        name: DatasetName(checked: "toys"),
        version: hash(),
        layout: .dense,
        rows: 10,
        columns: 3,
        nonzeros: 15,
        mapping: ColumnMapping(columns: columns, count: 3, label: "price"),
        labels: .classes(["cheap", "dear"]),
        classCounts: [ClassCount(label: "cheap", count: 6), ClassCount(label: "dear", count: 4)],
        constantColumns: [0, 2],
        shards: [shard(0, ["a", "b"]), shard(1, ["b", "c"])],
        seed: 1,
        format: "csv",
        warnings: [],
        addedAt: 1e9
    )
}
