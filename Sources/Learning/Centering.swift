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

    /// Lends `body` parameters that score x as `parameters` score x − o.
    public func withMoved<Result, Failure: Error>(
        _ parameters: inout Vector,
        of model: LinearModel,
        _ body: (borrowing Vector) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard !isNone else { return try body(parameters) }
        let biases = (0..<model.outputs).map { parameters[model.weightCount + $0] }
        for output in 0..<model.outputs {
            let moved = dot(offsets, parameters, from: output * model.columns)
            parameters[model.weightCount + output] = Float(Double(biases[output]) - moved)
        }
        defer {
            for output in 0..<model.outputs {
                parameters[model.weightCount + output] = biases[output]
            }
        }
        return try body(parameters)
    }

    /// Turns the gradient by the weights of x into that by the weights of x − o.
    ///
    /// Elementwise, so the same bits on every rank that holds the same sums.
    public func correct(_ gradient: inout Vector, of model: LinearModel) {
        for output in 0..<model.outputs where !isNone {
            let residuals = gradient[model.weightCount + output]
            axpy(-residuals, offsets, into: &gradient, from: output * model.columns)
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
