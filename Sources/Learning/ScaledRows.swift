public import LinearAlgebra

/// Gathers rows of a source into batches, as the search sees them.
public final class ScaledRows {
    /// How columns and labels are seen.
    public let scaling: Scaling
    /// What the batches still lack, for the model to take into account: sparse rows are centred
    /// there, so that zeros need not be stored.
    public let centering: Centering
    private let source: any RowSource
    private let isStoredSparse: Bool
    private var buffer: BatchBuffer
    private let isPlain: Bool
    /// Rows that were gathered ahead, and their numbers.
    private var ahead: (buffer: BatchBuffer, numbers: ArraySlice<Int32>)?

    /// Rows of `source`, seen through `scaling`; sparse ones with their zeros where `isDense`.
    public init(_ source: any RowSource, scaling: Scaling, isDense: Bool = false) {
        self.source = source
        self.scaling = scaling
        let isSparse = source.isSparse && !isDense
        centering = Centering(isSparse ? scaling.columns.scaledCenters : [])
        isStoredSparse = isSparse
        buffer = BatchBuffer(columns: source.columns, isSparse: isSparse, isReal: source.isReal)
        isPlain = scaling.columns == .none(columns: source.columns)
    }

    /// Gathers the rows with these numbers, scaled, in this order.
    public func gather(_ numbers: ArraySlice<Int32>) throws(RowSourceError) {
        if let ahead, ahead.numbers == numbers, !numbers.isEmpty {
            self.ahead = (buffer, [])
            buffer = ahead.buffer
        } else {
            try fill(buffer, numbers)
        }
    }

    /// Gathers rows that will be asked for next, beside those that were gathered last: for when
    /// there is nothing else to do.
    public func gatherAhead(_ numbers: ArraySlice<Int32>) throws(RowSourceError) {
        let spare =
            ahead?.buffer
            ?? BatchBuffer(
                columns: source.columns,
                isSparse: isStoredSparse,
                isReal: source.isReal
            )
        ahead = (spare, [])
        try fill(spare, numbers)
        ahead = (spare, numbers)
    }

    private func fill(
        _ buffer: BatchBuffer,
        _ numbers: ArraySlice<Int32>
    ) throws(RowSourceError) {
        buffer.clear()
        try source.append(numbers, to: buffer)
        if !isPlain {
            buffer.scale(centers: scaling.columns.centers, factors: scaling.columns.factors)
        }
        buffer.scaleLabels(center: scaling.labels.center, factor: scaling.labels.factor)
    }

    /// Hands the rows that were gathered last to `body`.
    public func withGathered<Result, Failure: Error>(
        _ body: (Batch) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try buffer.withBatch(body)
    }

    /// Hands the rows with these numbers to `body`, scaled, in this order.
    public func withRows<Result>(
        _ numbers: ArraySlice<Int32>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        try gather(numbers)
        return withGathered(body)
    }
}
