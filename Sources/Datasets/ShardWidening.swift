public import Domain
internal import LinearAlgebra

/// Writes a shard again for a schema that has more columns or classes, or another dense layout;
/// no row changes otherwise.
///
/// `descriptor` is that of an empty regular file; `places` says where the columns and classes of
/// `shard` are in the wider schema, whose feature columns are `columns` many.
/// - Precondition: bytes become floats or stay bytes, other layouts stay.
/// - Throws: `dataCorrupt` where the shard is not intact; `noSpace`, `writeFailed`.
public func widenShard(
    _ shard: MappedShardReader,
    places: SchemaPlaces,
    columns: Int,
    layout rowLayout: RowLayout,
    to descriptor: Int32
) throws(DatasetError) -> WrittenShard {
    let old = shard.layout
    let layout = ShardLayout(
        rows: old.rows,
        columns: columns,
        values: rowLayout.isSparse ? old.values : old.rows * columns,
        rowLayout: rowLayout,
        divisor: rowLayout == .bytes ? old.divisor : 1,
        labels: old.labels
    )
    let widening = ShardWidening(
        shard: shard,
        places: places,
        writer: try ShardWriter(descriptor: descriptor, layout: layout)
    )
    return try widening.write()
}

/// Rows that are read before they are written again.
private let blockRows = 256

private struct ShardWidening {
    let shard: MappedShardReader
    let places: SchemaPlaces
    let writer: ShardWriter

    func write() throws(DatasetError) -> WrittenShard {
        switch writer.layout.rowLayout {
        case .dense: try writeDense { $0 }
        case .bytes: try writeDense(writer.layout.byte)
        case .sparse: try writeSparse()
        }
        try writer.align()
        switch writer.layout.labels {
        case .classes: try writeClasses()
        case .real: try writeReals()
        case nil: break
        }
        try writer.align()
        return try writer.finish()
    }

    private func writeDense<Value: BitwiseCopyable>(
        _ stored: (Float) -> Value
    ) throws(DatasetError) {
        let columns = writer.layout.columns
        try forEachBlock { batch -> [Value] in
            guard case .dense(let base) = batch.features else { return [] }
            var values = [Value](repeating: stored(0), count: batch.rows * columns)
            for row in 0..<batch.rows {
                for (column, place) in places.columns.enumerated() {
                    values[row * columns + Int(place)] = stored(base[row * batch.columns + column])
                }
            }
            return values
        }
    }

    private func writeSparse() throws(DatasetError) {
        var next: Int64 = 0
        try writer.append([next])
        try forEachBlock { batch -> [Int64] in
            guard case .sparse(let offsets, _, _) = batch.features else { return [] }
            return (0..<batch.rows).map { row in
                next += offsets[row + 1] - offsets[row]
                return next
            }
        }
        try writer.align()
        try forEachBlock { batch -> [Int32] in
            guard case .sparse(let offsets, let indices, _) = batch.features else { return [] }
            return (Int(offsets[0])..<Int(offsets[batch.rows])).map {
                places.columns[Int(indices[$0])]
            }
        }
        try writer.align()
        try forEachBlock { batch -> [Float] in
            guard case .sparse(let offsets, _, let values) = batch.features else { return [] }
            return (Int(offsets[0])..<Int(offsets[batch.rows])).map { values[$0] }
        }
    }

    private func writeClasses() throws(DatasetError) {
        try forEachBlock { batch -> [Int32] in
            guard case .classes(let base) = batch.labels else { return [] }
            return (0..<batch.rows).map { places.classes[Int(base[$0])] }
        }
    }

    private func writeReals() throws(DatasetError) {
        try forEachBlock { batch -> [Float] in
            guard case .real(let base) = batch.labels else { return [] }
            return (0..<batch.rows).map { base[$0] }
        }
    }

    private func forEachBlock<Value: BitwiseCopyable>(
        _ body: (Batch) -> [Value]
    ) throws(DatasetError) {
        for start in stride(from: 0, to: shard.rows, by: blockRows) {
            let values: [Value]
            do throws(RowSourceError) {
                values = try shard.withRows(start..<min(start + blockRows, shard.rows), body)
            } catch {
                throw DatasetError(.dataCorrupt, "\(error)")
            }
            try writer.append(values)
        }
    }
}
