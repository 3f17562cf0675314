public import LinearAlgebra

/// The rows of a source as a scale shows them, to whoever reads rows in order.
///
/// Sparse rows are multiplied only, so that zeros need not be stored: see `scaling`.
public struct ScaledSource: RowSource {
    /// How columns are seen; without centers where rows are sparse.
    ///
    /// A free bias makes up for them: the scores are the same, and no penalty counts it.
    public let scaling: ColumnScaling
    private let source: any RowSource
    private let buffer: BatchBuffer

    /// The rows of `source`, seen through `scaling`.
    public init(_ source: any RowSource, scaling: ColumnScaling) {
        self.source = source
        let zeros = [Float](repeating: 0, count: source.columns)
        self.scaling = ColumnScaling(
            centers: source.isSparse ? zeros : scaling.centers,
            factors: scaling.factors
        )
        buffer = BatchBuffer(
            columns: source.columns,
            isSparse: source.isSparse,
            isReal: source.isReal
        )
    }

    /// Number of rows.
    public var rows: Int { source.rows }
    /// Number of feature columns.
    public var columns: Int { source.columns }
    /// Whether its batches are sparse.
    public var isSparse: Bool { source.isSparse }
    /// Whether its labels are real values.
    public var isReal: Bool { source.isReal }
    /// Rows that can be near at hand at once.
    public var windowRows: Int? { source.windowRows }

    /// Hands scaled rows to `body`; labels stay as they are.
    public func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        buffer.clear()
        try source.withRows(range) { batch in
            for row in 0..<batch.rows { buffer.append(row: row, of: batch) }
        }
        buffer.scale(centers: scaling.centers, factors: scaling.factors)
        return buffer.withBatch { batch in body(batch) }
    }
}
