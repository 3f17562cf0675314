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

    /// The largest rate at which momentum and the noise of a batch stay stable together.
    ///
    /// Heavy ball alone allows η < 2(1 + μ)/L. A batch of B rows adds noise that grows with the
    /// parameters' distance; momentum multiplies it by 1/(1 − μ). So 1/η = L + R/(B(1 − μ)).
    public func rate(batch: Int, momentum: Double) -> Double {
        let noise = perRow / (Double(Swift.max(1, batch)) * (1 - momentum))
        let total = full + noise
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
        var moments = try LearningError.wrap { () throws(RowSourceError) in
            try source.withRows(rows) { batch in rowMoments(of: batch, model: model) }
        }
        try LearningError.wrap { () throws(ReducerError) in try reducer.sum(&moments) }
        guard moments[0] > 0, moments[1] > 0 else { return Curvature(full: 0, perRow: 0) }
        let length = model.columns + (model.bias == .none ? 0 : 1)
        var direction = [Double](repeating: 1 / Double(length).squareRoot(), count: length)
        var eigenvalue = 0.0
        for _ in 0..<powerSteps {
            var image = try LearningError.wrap { () throws(RowSourceError) in
                try source.withRows(rows) { batch in
                    product(of: batch, with: direction, biasScale: model.biasScale)
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

/// Rows, Σ ‖x‖², Σ ‖x‖⁴, the constant column counted as one.
private func rowMoments(of batch: Batch, model: LinearModel) -> [Double] {
    let constant = model.bias == .none ? 0 : Double(model.biasScale * model.biasScale)
    var moments = [Double(batch.rows), 0, 0]
    for row in 0..<batch.rows {
        var square = constant
        switch batch.features {
        case .dense(let base):
            for column in 0..<batch.columns {
                let value = Double(base[row * batch.columns + column])
                square += value * value
            }
        case .sparse(let offsets, _, let values):
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                square += Double(values[entry]) * Double(values[entry])
            }
        }
        moments[1] += square
        moments[2] += square * square
    }
    return moments
}

/// XᵀX·v, the constant column last.
private func product(of batch: Batch, with vector: [Double], biasScale: Float) -> [Double] {
    var result = [Double](repeating: 0, count: vector.count)
    let hasBias = vector.count > batch.columns
    for row in 0..<batch.rows {
        var score = hasBias ? vector[batch.columns] * Double(biasScale) : 0
        switch batch.features {
        case .dense(let base):
            let values = base + row * batch.columns
            for column in 0..<batch.columns { score += Double(values[column]) * vector[column] }
            for column in 0..<batch.columns { result[column] += score * Double(values[column]) }
        case .sparse(let offsets, let indices, let values):
            let entries = Int(offsets[row])..<Int(offsets[row + 1])
            for entry in entries { score += Double(values[entry]) * vector[Int(indices[entry])] }
            for entry in entries { result[Int(indices[entry])] += score * Double(values[entry]) }
        }
        if hasBias { result[batch.columns] += score * Double(biasScale) }
    }
    return result
}
