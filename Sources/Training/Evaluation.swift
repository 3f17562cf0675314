import Domain
public import Learning
public import LinearAlgebra
public import Wire

/// Measures a model on all rows of `source`; the sums of several sources add up.
///
/// - Throws: `RowSourceError` where the rows cannot be read.
public func evaluate(
    _ scorer: any Scorer,
    classes: Int,
    on source: some RowSource
) throws(RowSourceError) -> EvaluationSums {
    var sums = EvaluationSums(classes: classes)
    try forEachBlock(of: source) { _, batch in sums.add(batch, by: scorer) }
    return sums
}

/// What a model says of some consecutive rows.
public struct Predictions: Equatable, Sendable {
    /// Number of the first row.
    public var firstRow: Int
    /// The class of each row, or its real value.
    public var values: [Float]
    /// Probability of each class, row by row; empty for real labels.
    public var probabilities: [Float]

    /// Predictions with all their fields.
    public init(firstRow: Int, values: [Float], probabilities: [Float]) {
        self.firstRow = firstRow
        self.values = values
        self.probabilities = probabilities
    }

    /// What `scorer` says of the rows of `batch`, the first of which has the number `firstRow`.
    ///
    /// `isReal` says whether its score is the value itself.
    public init(of batch: Batch, by scorer: any Scorer, isReal: Bool, firstRow: Int) {
        self.init(firstRow: firstRow, values: [], probabilities: [])
        let outputs = scorer.outputs
        let room = UnsafeMutablePointer<Float>.allocate(capacity: batch.rows * outputs + 1)
        defer { room.deallocate() }
        scorer.writeScores(of: batch, to: room)
        for row in 0..<batch.rows {
            let scores = room + row * outputs
            values.append(isReal ? scores[0] : Float(scorer.bestClass(scores)))
            probabilities.append(contentsOf: scorer.probabilities(scores))
        }
    }

    /// Reads what `bytes` gives.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        firstRow = try reader.wholeNumber("first row")
        values = try reader.floats("values", limit: elementsMax)
        probabilities = try reader.floats("probabilities", limit: elementsMax)
        try reader.finish()
    }

    /// The bytes of a message.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 32 + 4 * (values.count + probabilities.count))
        writer.write(Int64(firstRow))
        writer.write(values)
        writer.write(probabilities)
        return writer.bytes
    }
}

/// Applies a model to all rows of `source`, block by block in their order.
///
/// - Throws: `RowSourceError` where the rows cannot be read.
public func predict(
    _ source: some RowSource,
    by scorer: any Scorer,
    isReal: Bool,
    _ body: (Predictions) -> Void
) throws(RowSourceError) {
    try forEachBlock(of: source) { firstRow, batch in
        body(Predictions(of: batch, by: scorer, isReal: isReal, firstRow: firstRow))
    }
}

/// Hands all rows to `body` in blocks that stay in the cache, with the number of each first row.
func forEachBlock(
    of source: some RowSource,
    _ body: (Int, Batch) -> Void
) throws(RowSourceError) {
    var low = 0
    let lookRows = source.lookRows(1024)
    while low < source.rows {
        let high = Swift.min(source.rows, low + lookRows)
        try source.withRows(low..<high) { batch in body(low, batch) }
        low = high
    }
}
