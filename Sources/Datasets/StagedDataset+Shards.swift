internal import Domain

extension StagedDataset {
    /// Makes `descriptors.count` shards, each in its own empty regular file, and syncs them.
    ///
    /// Rows are dealt by class and shuffled by `seed`: the same rows, seed and number of shards
    /// give the same bytes.
    /// - Throws: `noSpace` before anything is written where the disk has no room.
    public func writeShards(
        to descriptors: [Int32],
        seed: UInt64,
        progress: @escaping (ImportProgress) -> Bool = { _ in true }
    ) throws(DatasetError) -> [WrittenShard] {
        let numbers = classes.isEmpty ? [UInt16](repeating: 0, count: rows.rows) : classes
        let dealing = Dealing(
            classes: numbers,
            classCount: max(1, report.classCounts.count),
            shards: descriptors.count,
            seed: seed
        )
        return try write(dealing, to: descriptors, progress)
    }

    /// Makes one shard with the rows in the order of the source: rows to predict.
    public func writeInOrder(
        to descriptor: Int32,
        progress: @escaping (ImportProgress) -> Bool = { _ in true }
    ) throws(DatasetError) -> WrittenShard {
        try write(Dealing(inOrder: rows.rows), to: [descriptor], progress)[0]
    }

    private func write(
        _ dealing: Dealing,
        to descriptors: [Int32],
        _ progress: @escaping (ImportProgress) -> Bool
    ) throws(DatasetError) -> [WrittenShard] {
        let layouts = dealing.shards.map(layout)
        var pen = ShardPen(
            rows: rows,
            classes: classes,
            bytesMax: layouts.reduce(0) { $0 + $1.fileBytes },
            progress: progress
        )
        // Room for all shards first: a full disk is found before any work is done.
        var writers: [ShardWriter] = []
        for (descriptor, layout) in zip(descriptors, layouts) {
            writers.append(try ShardWriter(descriptor: descriptor, layout: layout))
        }
        var written: [WrittenShard] = []
        for (writer, order) in zip(writers, dealing.shards) {
            written.append(try pen.write(order, with: writer))
        }
        return written
    }

    private func layout(of order: [Int32]) -> ShardLayout {
        let columns = report.columns
        let values =
            report.layout.isSparse
            ? order.reduce(0) { $0 + rows.nonzeros(Int($1)) } : order.count * columns
        return ShardLayout(
            rows: order.count,
            columns: columns,
            values: values,
            rowLayout: report.layout,
            divisor: report.layout == .bytes ? report.mapping.divisor : 1,
            labels: report.labelType
        )
    }
}

/// Numbers that are gathered before they are written.
private let blockValues = 16 << 10

/// Writes rows into shard files, a block of rows at a time.
private struct ShardPen {
    let rows: StagedRows
    let classes: [UInt16]
    let bytesMax: Int
    let progress: (ImportProgress) -> Bool
    private var bytesDone = 0
    private var rowsDone = 0

    init(
        rows: StagedRows,
        classes: [UInt16],
        bytesMax: Int,
        progress: @escaping (ImportProgress) -> Bool
    ) {
        self.rows = rows
        self.classes = classes
        self.bytesMax = bytesMax
        self.progress = progress
    }

    mutating func write(
        _ order: [Int32],
        with writer: ShardWriter
    ) throws(DatasetError) -> WrittenShard {
        switch writer.layout.rowLayout {
        case .dense: try writeDense(order, writer, zero: Float(0)) { $0 }
        case .bytes: try writeDense(order, writer, zero: UInt8(0), writer.layout.byte)
        case .sparse: try writeSparse(order, writer)
        }
        try writeLabels(order, writer)
        try writer.align()
        bytesDone += writer.layout.fileBytes
        rowsDone += order.count
        return try writer.finish()
    }

    private mutating func writeDense<Value: BitwiseCopyable>(
        _ order: [Int32],
        _ writer: ShardWriter,
        zero: Value,
        _ stored: (Float) -> Value
    ) throws(DatasetError) {
        let columns = writer.layout.columns
        let blockRows = max(1, blockValues / columns)
        var values: [Value] = []
        for start in stride(from: 0, to: order.count, by: blockRows) {
            let block = order[start..<min(start + blockRows, order.count)]
            values.removeAll(keepingCapacity: true)
            values.append(contentsOf: repeatElement(zero, count: block.count * columns))
            values.withUnsafeMutableBufferPointer { target in
                for (place, row) in block.enumerated() {
                    let base = place * columns
                    rows.forEachNonzero(Int(row)) { target[base + $0] = stored($1) }
                }
            }
            try writer.append(values)
            try tell(writer)
        }
        try writer.align()
    }

    private mutating func writeSparse(
        _ order: [Int32],
        _ writer: ShardWriter
    ) throws(DatasetError) {
        var start: Int64 = 0
        var starts = [start]
        for row in order {
            start += Int64(rows.nonzeros(Int(row)))
            starts.append(start)
            if starts.count >= blockValues { try flush(&starts, writer) }
        }
        try flush(&starts, writer)
        try writer.align()
        var integers: [Int32] = []
        for row in order {
            rows.forEachNonzero(Int(row)) { column, _ in integers.append(Int32(column)) }
            if integers.count >= blockValues { try flush(&integers, writer) }
        }
        try flush(&integers, writer)
        try writer.align()
        var floats: [Float] = []
        for row in order {
            rows.forEachNonzero(Int(row)) { _, value in floats.append(value) }
            if floats.count >= blockValues { try flush(&floats, writer) }
        }
        try flush(&floats, writer)
        try writer.align()
    }

    private mutating func writeLabels(
        _ order: [Int32],
        _ writer: ShardWriter
    ) throws(DatasetError) {
        var integers: [Int32] = []
        var floats: [Float] = []
        switch writer.layout.labels {
        case .classes:
            for row in order {
                integers.append(Int32(classes[Int(row)]))
                if integers.count >= blockValues { try flush(&integers, writer) }
            }
            try flush(&integers, writer)
        case .real:
            for row in order {
                floats.append(rows.label(Int(row)).value)
                if floats.count >= blockValues { try flush(&floats, writer) }
            }
            try flush(&floats, writer)
        case nil: break
        }
    }

    /// Writes what was gathered and forgets it.
    private mutating func flush<Value: BitwiseCopyable>(
        _ values: inout [Value],
        _ writer: ShardWriter
    ) throws(DatasetError) {
        try writer.append(values)
        values.removeAll(keepingCapacity: true)
        try tell(writer)
    }

    private mutating func tell(_ writer: ShardWriter) throws(DatasetError) {
        guard writer.hasNews else { return }
        writer.hasNews = false
        let news = ImportProgress(
            phase: .sharding,
            bytes: bytesDone + writer.bytesWritten,
            bytesMax: bytesMax,
            rows: rowsDone
        )
        guard progress(news) else { throw DatasetError(.stopped, "the import was stopped") }
    }
}
