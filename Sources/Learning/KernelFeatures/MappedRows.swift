public import LinearAlgebra

/// The rows of a source as a map makes them: dense features, made when they are asked for.
///
/// The first rows' features are kept, as many as the room allows; those of the others are made
/// anew every time. One owner, one thread; a view of rows is valid until the next is asked for.
public final class MappedRows: RowSource {
    private let source: any RowSource
    private let map: any RowMap
    private var kept: UnsafeMutableBufferPointer<Float>
    private var keptRows = 0
    private var room: UnsafeMutableBufferPointer<Float>

    /// The rows of `source` with no features kept yet.
    public init(_ source: any RowSource, by map: any RowMap) {
        (self.source, self.map) = (source, map)
        kept = .allocate(capacity: 0)
        room = .allocate(capacity: 0)
    }

    deinit {
        kept.deallocate()
        room.deallocate()
    }

    /// Number of rows.
    public var rows: Int { source.rows }
    /// Number of features.
    public var columns: Int { map.features }
    /// Features are dense.
    public var isSparse: Bool { false }
    /// Whether labels are real values.
    public var isReal: Bool { source.isReal }
    /// Rows that the source has near at hand at once.
    public var windowRows: Int? { source.windowRows }

    /// Makes the features of the first rows, at most `bytes` of them, and keeps them.
    ///
    /// `tick` is called after every block.
    public func keep(bytes: Int, tick: () -> Void = {}) throws(RowSourceError) {
        let rowBytes = 4 * Swift.max(1, columns)
        let count = Swift.min(rows, Swift.max(0, bytes) / rowBytes)
        kept.deallocate()
        keptRows = 0
        kept = .allocate(capacity: count * columns)
        kept.initialize(repeating: 0)
        var low = 0
        while low < count {
            let high = Swift.min(count, low + 256)
            let base = low * columns
            try source.withRows(low..<high) { batch in
                if let first = kept.baseAddress { map.write(batch, to: first + base) }
            }
            tick()
            low = high
        }
        keptRows = count
    }

    /// Hands the features of rows `range` to `body`, with their labels.
    public func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        try source.withRows(range) { batch in body(mapped(batch, range)) }
    }

    private func mapped(_ batch: Batch, _ range: Range<Int>) -> Batch {
        var base = UnsafePointer(kept.baseAddress).map { $0 + range.lowerBound * columns }
        if range.upperBound > keptRows || base == nil {
            if room.count < batch.rows * columns + 1 {
                room.deallocate()
                room = .allocate(capacity: batch.rows * columns + 1)
                room.initialize(repeating: 0)
            }
            if let target = room.baseAddress { map.write(batch, to: target) }
            base = UnsafePointer(room.baseAddress)
        }
        guard let base else { preconditionFailure("no room for features") }
        return Batch(
            rows: batch.rows,
            columns: columns,
            features: .dense(base),
            labels: batch.labels
        )
    }
}
