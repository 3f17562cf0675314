import Datasets
import Domain
import LinearAlgebra
import Training
import Wire
import WorkerLink

/// What rows look like, whether there are any or not.
struct RowForm {
    let columns: Int
    let classes: Int
    let isSparse: Bool

    init(_ task: TrainingTask) {
        columns = task.columns
        classes = task.classes
        isSparse = task.isSparse
    }

    init(_ shape: ModelShape, isSparse: Bool) {
        columns = shape.columns
        classes = shape.classes
        self.isSparse = isSparse
    }
}

/// The rows of some shards, in order; none where there are no shards.
///
/// Of shards that would take more than half of `memoryLimit` only a part is mapped in at a time.
func mapShards(
    _ shards: [ShardInput],
    _ descriptors: ArraySlice<Int32>,
    _ form: RowForm,
    memoryLimit: Int?
) throws(WorkerFailure) -> any RowSource {
    var layouts: [ShardLayout] = []
    for shard in shards {
        layouts.append(
            try reading { () throws(WireError) in
                var reader = ByteReader(shard.layout)
                let layout = try ShardLayout(from: &reader)
                try reader.finish()
                return layout
            }
        )
    }
    let fileBytes = layouts.reduce(0) { $0 + $1.fileBytes }
    let residency = memoryLimit.flatMap { Residency(limit: $0, fileBytes: fileBytes) }
    var readers: [any RowSource] = []
    for ((shard, layout), descriptor) in zip(zip(shards, layouts), descriptors) {
        readers.append(
            try data { () throws(DatasetError) in
                try MappedShardReader(
                    descriptor: descriptor,
                    layout: layout,
                    hash: contentHash(of: shard.pages),
                    classes: form.classes,
                    name: shard.name,
                    residency: residency
                )
            }
        )
    }
    for (index, reader) in readers.enumerated() where reader.columns != form.columns {
        guard reader.isSparse, reader.columns < form.columns else {
            throw WorkerFailure(
                code: "bad_job",
                message: "a shard of \(reader.columns) columns where \(form.columns) are expected"
            )
        }
        readers[index] = WidenedRows(reader, columns: form.columns)
    }
    guard let first = readers.first else { return NoRows(form) }
    return readers.count == 1 ? first : JoinedRows(readers)
}

/// The rows of a seat without shards.
private struct NoRows: RowSource {
    let rows = 0
    let columns: Int
    let isSparse: Bool
    let isReal: Bool

    init(_ form: RowForm) {
        columns = form.columns
        isSparse = form.isSparse
        isReal = form.classes == 0
    }

    func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        BatchBuffer(columns: columns, isSparse: isSparse, isReal: isReal).withBatch(body)
    }
}

/// Sparse rows that lack the last columns: they are 0 in every row.
private struct WidenedRows: RowSource {
    private let source: any RowSource
    let columns: Int

    init(_ source: any RowSource, columns: Int) {
        self.source = source
        self.columns = columns
    }

    var rows: Int { source.rows }
    var isSparse: Bool { true }
    var isReal: Bool { source.isReal }
    var windowRows: Int? { source.windowRows }

    func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        try source.withRows(range) { batch in
            body(
                Batch(
                    rows: batch.rows,
                    columns: columns,
                    features: batch.features,
                    labels: batch.labels
                )
            )
        }
    }
}

/// Rows of which every look shows the daemon that this worker is alive.
struct TickingRows: RowSource {
    private let source: any RowSource
    private let memory: SharedMemory?

    init(_ source: any RowSource, _ memory: SharedMemory?) {
        self.source = source
        self.memory = memory
    }

    var rows: Int { source.rows }
    var columns: Int { source.columns }
    var isSparse: Bool { source.isSparse }
    var isReal: Bool { source.isReal }
    var windowRows: Int? { source.windowRows }

    func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        memory?.tick()
        return try source.withRows(range, body)
    }

    func append(
        _ numbers: ArraySlice<Int32>,
        to buffer: BatchBuffer
    ) throws(RowSourceError) {
        memory?.tick()
        try source.append(numbers, to: buffer)
    }
}
