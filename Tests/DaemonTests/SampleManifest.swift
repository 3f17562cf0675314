import Domain

/// A dataset of which only what a test speaks of is there.
func sampleManifest(
    _ name: String = "d",
    rows: Int = 30,
    columns: Int = 2,
    labels: LabelKind = .classes(["no", "yes"]),
    classCounts: [ClassCount] = [],
    layout: RowLayout = .dense
) -> DatasetManifest {
    DatasetManifest(
        tenant: .default,
        name: DatasetName(checked: name),
        version: ContentHash(bytes: [UInt8](repeating: 7, count: 32)),
        layout: layout,
        rows: rows,
        columns: columns,
        nonzeros: rows * columns,
        mapping: ColumnMapping(columns: nil, count: columns),
        labels: labels,
        classCounts: classCounts,
        constantColumns: [],
        shards: [],
        seed: 0,
        format: "csv",
        warnings: [],
        addedAt: 1
    )
}

/// A dataset with so many rows of each class; without classes its labels are real.
func sampleManifest(
    _ counts: [(String, Int)],
    layout: RowLayout = .dense,
    name: String = "d"
) -> DatasetManifest {
    sampleManifest(
        name,
        rows: counts.isEmpty ? 40 : counts.reduce(0) { $0 + $1.1 },
        labels: counts.isEmpty ? .real : .classes(counts.map { $0.0 }),
        classCounts: counts.map { ClassCount(label: $0.0, count: $0.1) },
        layout: layout
    )
}
