public import LinearAlgebra

/// Gathers rows of a source into scaled batches.
public final class ScaledRows {
    private let source: any RowSource
    private let scaling: ColumnScaling
    private let buffer: BatchBuffer

    /// Rows of `source`, seen through `scaling`.
    public init(_ source: any RowSource, scaling: ColumnScaling) {
        self.source = source
        self.scaling = scaling
        buffer = BatchBuffer(
            columns: source.columns,
            isSparse: source.isSparse,
            isReal: source.isReal
        )
    }

    /// Hands the rows with these numbers to `body`, scaled, in this order.
    public func withRows<Result>(
        _ numbers: ArraySlice<Int32>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        buffer.clear()
        for number in numbers {
            let row = Int(number)
            try source.withRows(row..<row + 1) { batch in buffer.append(row: 0, of: batch) }
        }
        buffer.scale(centers: scaling.centers, factors: scaling.factors)
        return buffer.withBatch { batch in body(batch) }
    }
}
