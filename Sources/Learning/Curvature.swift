import Domain
import LinearAlgebra

/// How strongly the mean loss bends, at most: what a safe learning rate follows from.
public struct Curvature: Equatable, Sendable {
    /// The largest eigenvalue of the mean loss's Hessian, for any parameters.
    public let full: Double
    /// How much one row alone bends it, typically; what a batch of few rows adds.
    public let perRow: Double

    /// A curvature of its parts.
    public init(full: Double, perRow: Double) {
        self.full = full
        self.perRow = perRow
    }

    /// The same with a penalty of λ at most on each parameter.
    public func adding(penalty: Double) -> Curvature {
        Curvature(full: full + penalty, perRow: perRow)
    }

    /// The largest rate at which momentum and the noise of a batch stay stable together.
    ///
    /// Heavy ball alone allows η < 2(1 + μ)/L; 2/L leaves room for an estimate that is too low. A
    /// batch of B rows adds noise that grows with the parameters' distance; momentum multiplies it
    /// by 1/(1 − μ). So 1/η = L/2 + R/(B(1 − μ)).
    public func rate(batch: Int, momentum: Double) -> Double {
        let noise = perRow / (Double(Swift.max(1, batch)) * (1 - momentum))
        let total = full / 2 + noise
        return total > 0 && total.isFinite ? 1 / total : 1
    }

    /// Estimates it from a sample of every rank's rows by the power method on XᵀX.
    ///
    /// `rows` are the numbers of this rank's sample, possibly none. All ranks take the same steps
    /// with the same sums, so all get the same bits.
    public static func estimate(
        of model: LinearModel,
        on source: ScaledRows,
        rows: ArraySlice<Int32>,
        with reducer: any Reducer
    ) throws(LearningError) -> Curvature {
        let offsets = source.centering.offsets
        var moments = try LearningError.wrap { () throws(RowSourceError) in
            try source.withRows(rows) { rowMoments(of: $0, less: offsets, model: model) }
        }
        try LearningError.wrap { () throws(ReducerError) in try reducer.sum(&moments) }
        guard moments[0] > 0, moments[1] > 0 else { return Curvature(full: 0, perRow: 0) }
        let length = model.columns + (model.bias == .none ? 0 : 1)
        var direction = [Double](repeating: 1 / Double(length).squareRoot(), count: length)
        var eigenvalue = 0.0
        for _ in 0..<powerSteps {
            var image = try LearningError.wrap { () throws(RowSourceError) in
                try source.withRows(rows) {
                    product(of: $0, less: offsets, with: direction, model: model)
                }
            }
            try LearningError.wrap { () throws(ReducerError) in try reducer.sum(&image) }
            let norm = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard norm > 0, norm.isFinite else { break }
            eigenvalue = norm / moments[0]
            direction = image.map { $0 / norm }
        }
        // The power method comes from below; after so many steps a tenth covers what is missing.
        let bound = Swift.min(eigenvalue * 1.1, moments[1] / moments[0])
        return Curvature(
            full: model.curvature * Swift.max(bound, eigenvalue),
            perRow: model.curvature * moments[2] / moments[1]
        )
    }
}

private let powerSteps = 12

/// Rows, Σ w·‖x − o‖², Σ (w·‖x − o‖²)², the constant column counted as one, w being what a row
/// counts.
///
/// Shapes: `offsets` o (columns), or empty for zeros.
private func rowMoments(
    of batch: Batch,
    less offsets: [Float],
    model: LinearModel
) -> [Double] {
    let constant = model.bias == .none ? 0 : Double(model.biasScale * model.biasScale)
    let apart = offsets.reduce(0) { $0 + Double($1) * Double($1) }
    var moments = [Double(batch.rows), 0, 0]
    for row in 0..<batch.rows {
        var square = constant + apart
        switch batch.features {
        case .dense(let base):
            for column in 0..<batch.columns {
                let value = Double(base[row * batch.columns + column])
                square += value * value
            }
        case .sparse(let starts, let indices, let values):
            for entry in Int(starts[row])..<Int(starts[row + 1]) {
                let value = Double(values[entry])
                let offset = offsets.isEmpty ? 0 : Double(offsets[Int(indices[entry])])
                square += value * (value - 2 * offset)
            }
        }
        square = Swift.max(0, square) * model.weight(of: row, in: batch)
        moments[1] += square
        moments[2] += square * square
    }
    return moments
}

/// Σ w·(x − o)(x − o)ᵀ·v over the rows, the constant column last.
///
/// Shapes: `offsets` o (columns), or empty for zeros; `vector` v (columns, and one for the bias).
private func product(
    of batch: Batch,
    less offsets: [Float],
    with vector: [Double],
    model: LinearModel
) -> [Double] {
    var result = [Double](repeating: 0, count: vector.count)
    let hasBias = vector.count > batch.columns
    let biasScale = Double(model.biasScale)
    var constant = hasBias ? vector[batch.columns] * biasScale : 0
    for (offset, element) in zip(offsets, vector) { constant -= Double(offset) * element }
    var scores = 0.0
    for row in 0..<batch.rows {
        var score = constant
        let weight = model.weight(of: row, in: batch)
        switch batch.features {
        case .dense(let base):
            let values = base + row * batch.columns
            for column in 0..<batch.columns { score += Double(values[column]) * vector[column] }
            score *= weight
            for column in 0..<batch.columns { result[column] += score * Double(values[column]) }
        case .sparse(let starts, let indices, let values):
            let entries = Int(starts[row])..<Int(starts[row + 1])
            for entry in entries { score += Double(values[entry]) * vector[Int(indices[entry])] }
            score *= weight
            for entry in entries { result[Int(indices[entry])] += score * Double(values[entry]) }
        }
        scores += score
    }
    for column in offsets.indices { result[column] -= scores * Double(offsets[column]) }
    if hasBias { result[batch.columns] += scores * biasScale }
    return result
}
