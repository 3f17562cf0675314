public import LinearAlgebra

/// Centres sparse rows without storing what was zero, by moving the bias.
///
/// With offsets o, and r the residuals of the rows:
///
///     z = W·(x − o) + b = W·x + (b − W·o)
///     ∂/∂W = Σ r·(x − o)ᵀ = Σ r·xᵀ − (Σ r)·oᵀ
///
/// Only for models with a free bias, whose gradient is Σ r.
public struct Centering: Equatable, Sendable {
    /// o, one a column; empty where rows are as they should be.
    public let offsets: [Float]

    /// A centring by `offsets`.
    public init(_ offsets: [Float]) {
        self.offsets = offsets.contains { $0 != 0 } ? offsets : []
    }

    /// Whether nothing has to be done.
    public var isNone: Bool { offsets.isEmpty }

    /// Parameters that score x as `parameters` score x − o.
    public func moved(_ parameters: borrowing Vector, of model: LinearModel) -> Vector {
        var moved = Vector(zeros: parameters.count)
        moved.copy(from: parameters)
        for output in 0..<model.outputs where !isNone {
            let weights = parameters.buffer[output * model.columns..<(output + 1) * model.columns]
            var sum = 0.0
            for (weight, offset) in zip(weights, offsets) { sum += Double(weight) * Double(offset) }
            let bias = model.weightCount + output
            moved[bias] = Float(Double(parameters[bias]) - sum)
        }
        return moved
    }

    /// Turns the gradient by the weights of x into that by the weights of x − o.
    ///
    /// Elementwise, so the same bits on every rank that holds the same sums.
    public func correct(_ gradient: inout Vector, of model: LinearModel) {
        guard !isNone else { return }
        let target = gradient.buffer
        for output in 0..<model.outputs {
            let residuals = target[model.weightCount + output]
            let start = output * model.columns
            for column in 0..<model.columns {
                target[start + column] -= residuals * offsets[column]
            }
        }
    }

    /// The same for sums in Double.
    public func correct(_ gradient: inout [Double], of model: LinearModel) {
        guard !isNone else { return }
        for output in 0..<model.outputs {
            let residuals = gradient[model.weightCount + output]
            let start = output * model.columns
            for column in 0..<model.columns {
                gradient[start + column] -= residuals * Double(offsets[column])
            }
        }
    }
}
