public import LinearAlgebra

/// One rank's rows as solvers go over them: in blocks, each row with its weight in the sum.
public final class SolverRows {
    /// What the rows are read from.
    public let source: any RowSource
    /// Weight of each row, 0 for one that is held out; empty where all count as one.
    public let weights: [Float]
    private let tick: () -> Void
    /// How often all rows have been read.
    public private(set) var passes = 0
    /// Rows of one block: few enough that a block stays in the cache while it is used twice.
    public let blockRows: Int

    /// Rows of `source`; `tick` is called after every block.
    public init(
        _ source: any RowSource,
        weights: [Float] = [],
        tick: @escaping () -> Void = {}
    ) {
        precondition(weights.isEmpty || weights.count == source.rows, "\(weights.count) weights")
        self.source = source
        self.weights = weights
        self.tick = tick
        let dense = Swift.max(16, Swift.min(512, 65_536 / (source.columns + 1)))
        blockRows = source.isSparse ? 512 : dense
    }

    /// Number of rows.
    public var count: Int { source.rows }
    /// Number of feature columns.
    public var columns: Int { source.columns }
    /// Whether its batches are sparse.
    public var isSparse: Bool { source.isSparse }

    /// The weight of a row.
    public func weight(_ row: Int) -> Double { weights.isEmpty ? 1 : Double(weights[row]) }

    /// Hands all rows to `body`, block by block, with the number of each block's first row.
    public func forEachBlock(_ body: (Batch, Int) -> Void) throws(LearningError) {
        var low = 0
        passes += 1
        while low < count {
            let high = Swift.min(count, low + blockRows)
            let start = low
            try LearningError.wrap { () throws(RowSourceError) in
                try source.withRows(start..<high) { batch in body(batch, start) }
            }
            tick()
            low = high
        }
    }
}
