import Domain
public import LinearAlgebra

/// The coordinates in which the search takes its steps: columns and labels made comparable.
///
/// With f and m the factors and centers of the columns, and g and k those of real labels, scaled
/// parameters (v, c) are the raw ones (w, b) in other units: wⱼ = vⱼ·fⱼ/g and
/// b = c/g + k − Σⱼ wⱼ·mⱼ. The objective has one minimum in both.
public struct Scaling: Equatable, Sendable {
    /// Of the features.
    public let columns: ColumnScaling
    /// Of the labels.
    public let labels: LabelScaling

    /// A scaling of its parts.
    public init(columns: ColumnScaling, labels: LabelScaling = .none) {
        self.columns = columns
        self.labels = labels
    }

    /// Parameters that score raw features, in the unit of raw labels, as `scaled` does scaled ones.
    ///
    /// Sums in Double, each result rounded once. Shapes: `scaled` and the result (p of `model`).
    public func raw(_ scaled: borrowing Vector, of model: LinearModel) -> Vector {
        var raw = Vector(zeros: model.parameterCount)
        for output in 0..<model.outputs {
            var moved = 0.0
            for column in 0..<model.columns {
                let index = output * model.columns + column
                let factor = Double(columns.factors[column]) / labels.factor
                raw[index] = Float(Double(scaled[index]) * factor)
                moved += Double(raw[index]) * Double(columns.centers[column])
            }
            guard model.bias != .none else { continue }
            let index = model.weightCount + output
            let constant = labels.center - moved
            raw[index] = Float(
                Double(scaled[index]) / labels.factor + constant / Double(model.biasScale)
            )
        }
        return raw
    }

    /// Parameters that score features scaled by `given`, as `scaled` does those of the search.
    ///
    /// For models without a free bias, whose centers are those of `given`: nothing moves into the
    /// bias. Shapes: `scaled` and the result (p of `model`).
    public func parameters(
        _ scaled: borrowing Vector,
        of model: LinearModel,
        over given: ColumnScaling
    ) -> Vector {
        var moved = Vector(zeros: model.parameterCount)
        for index in 0..<model.parameterCount {
            let column = index % Swift.max(1, model.columns)
            let factor =
                index < model.weightCount
                ? Double(columns.factors[column]) / Double(given.factors[column]) : 1
            moved[index] = Float(Double(scaled[index]) * factor / labels.factor)
        }
        return moved
    }
}

/// The unit of real labels: ỹ = (y − center) · factor.
public struct LabelScaling: Equatable, Sendable {
    /// What is taken away; 0 without a free bias, which has to give it back.
    public let center: Double
    /// What is multiplied with; never zero.
    public let factor: Double

    /// A scaling with its numbers.
    public init(center: Double, factor: Double) {
        self.center = center
        self.factor = factor
    }

    /// The scaling that changes nothing; that of classes.
    public static let none = LabelScaling(center: 0, factor: 1)

    /// Such that labels deviate by 1 from 0; from sums over all rows of all ranks.
    public init(_ sums: ColumnSums, isCentered: Bool) {
        let rows = Swift.max(1, sums.rows)
        let mean = sums.labels / rows
        let square = sums.labelSquares / rows
        let variance = isCentered ? square - mean * mean : square
        center = isCentered ? mean : 0
        let isConstant = variance <= 1e-14 * square
        factor = isConstant ? 1 : 1 / variance.squareRoot()
    }

    /// What a squared loss of scaled labels is worth in the unit of raw ones.
    public var lossUnit: Double { 1 / (factor * factor) }
}
