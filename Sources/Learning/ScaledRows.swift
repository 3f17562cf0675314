public import LinearAlgebra

/// Gathers rows of a source into batches, as the search sees them.
public final class ScaledRows {
    /// How columns and labels are seen.
    public let scaling: Scaling
    /// What the batches still lack, for the model to take into account: sparse rows are centred
    /// there, so that zeros need not be stored.
    public let centering: Centering
    private let source: any RowSource
    private let buffer: BatchBuffer

    /// Rows of `source`, seen through `scaling`.
    public init(_ source: any RowSource, scaling: Scaling) {
        self.source = source
        self.scaling = scaling
        centering = Centering(source.isSparse ? scaling.columns.scaledCenters : [])
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
        buffer.scale(centers: scaling.columns.centers, factors: scaling.columns.factors)
        buffer.scaleLabels(center: scaling.labels.center, factor: scaling.labels.factor)
        return buffer.withBatch { batch in body(batch) }
    }
}
