import Domain
public import Learning
public import LinearAlgebra
public import Wire

/// Measures a model on all rows of `source`; the sums of several sources add up.
///
/// - Throws: `RowSourceError` where the rows cannot be read.
public func evaluate(
    _ model: LinearModel,
    at parameters: borrowing Vector,
    classes: Int,
    on source: some RowSource
) throws(RowSourceError) -> EvaluationSums {
    var sums = EvaluationSums(classes: classes)
    try forEachBlock(of: source) { _, batch in sums.add(batch, by: model, at: parameters) }
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

    /// What `model` says of the rows of `batch`, the first of which has the number `firstRow`.
    public init(
        of batch: Batch,
        by model: LinearModel,
        at parameters: borrowing Vector,
        firstRow: Int
    ) {
        self.init(firstRow: firstRow, values: [], probabilities: [])
        let outputs = model.outputs
        let room = UnsafeMutablePointer<Float>.allocate(capacity: batch.rows * outputs + 1)
        defer { room.deallocate() }
        model.writeScores(at: parameters, of: batch, to: room)
        for row in 0..<batch.rows {
            let scores = room + row * outputs
            let isReal = model.kind == .linear
            values.append(isReal ? scores[0] : Float(bestClass(scores, outputs: outputs)))
            probabilities.append(contentsOf: Learning.probabilities(scores, of: model))
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
    by model: LinearModel,
    at parameters: borrowing Vector,
    _ body: (Predictions) -> Void
) throws(RowSourceError) {
    try forEachBlock(of: source) { firstRow, batch in
        body(Predictions(of: batch, by: model, at: parameters, firstRow: firstRow))
    }
}

/// Hands all rows to `body` in blocks that stay in the cache, with the number of each first row.
private func forEachBlock(
    of source: some RowSource,
    _ body: (Int, Batch) -> Void
) throws(RowSourceError) {
    var low = 0
    while low < source.rows {
        let high = Swift.min(source.rows, low + 1024)
        try source.withRows(low..<high) { batch in body(low, batch) }
        low = high
    }
}
