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
            report.layout == .dense
            ? order.count * columns : order.reduce(0) { $0 + rows.nonzeros(Int($1)) }
        return ShardLayout(
            rows: order.count,
            columns: columns,
            values: values,
            rowLayout: report.layout,
            labels: report.labelType
        )
    }
}

/// Writes rows into shard files, a block of rows at a time.
private struct ShardPen {
    let rows: StagedRows
    let classes: [UInt16]
    let bytesMax: Int
    let progress: (ImportProgress) -> Bool
    private var bytesDone = 0
    private var rowsDone = 0
    private var floats: [Float] = []
    private var integers: [Int32] = []

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
        if writer.layout.rowLayout == .dense {
            try writeDense(order, writer)
        } else {
            try writeSparse(order, writer)
        }
        try writeLabels(order, writer)
        try writer.align()
        bytesDone += writer.layout.fileBytes
        rowsDone += order.count
        return try writer.finish()
    }

    private mutating func writeDense(
        _ order: [Int32],
        _ writer: ShardWriter
    ) throws(DatasetError) {
        let columns = writer.layout.columns
        for row in order {
            floats.removeAll(keepingCapacity: true)
            floats.append(contentsOf: repeatElement(0, count: columns))
            floats.withUnsafeMutableBufferPointer { target in
                rows.forEachNonzero(Int(row)) { column, value in target[column] = value }
            }
            try writer.append(floats)
            try tell(writer)
        }
        try writer.align()
    }

    private mutating func writeSparse(
        _ order: [Int32],
        _ writer: ShardWriter
    ) throws(DatasetError) {
        var start: Int64 = 0
        try writer.append([start])
        for row in order {
            start += Int64(rows.nonzeros(Int(row)))
            try writer.append([start])
        }
        try writer.align()
        for row in order {
            integers.removeAll(keepingCapacity: true)
            rows.forEachNonzero(Int(row)) { column, _ in integers.append(Int32(column)) }
            try writer.append(integers)
            try tell(writer)
        }
        try writer.align()
        for row in order {
            floats.removeAll(keepingCapacity: true)
            rows.forEachNonzero(Int(row)) { _, value in floats.append(value) }
            try writer.append(floats)
            try tell(writer)
        }
        try writer.align()
    }

    private func writeLabels(_ order: [Int32], _ writer: ShardWriter) throws(DatasetError) {
        guard let type = writer.layout.labels else { return }
        for row in order {
            switch type {
            case .classes: try writer.append([Int32(classes[Int(row)])])
            case .real: try writer.append([rows.label(Int(row)).value])
            }
        }
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
