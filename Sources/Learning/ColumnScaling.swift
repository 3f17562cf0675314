public import Domain

/// A linear change of variables that makes columns comparable: x̃ⱼ = (xⱼ − centerⱼ) · factorⱼ.
///
/// The search takes its steps in one of these; the model is the same, only the coordinates change.
/// Where a person asks for a scale, penalties count in that one too, and the search has its own
/// upon it.
public struct ColumnScaling: Equatable, Sendable {
    /// What is taken away, per column; zeros where nothing is.
    public let centers: [Float]
    /// What is multiplied with, per column; never zero.
    public let factors: [Float]

    /// A scaling with all its numbers.
    public init(centers: [Float], factors: [Float]) {
        precondition(centers.count == factors.count, "\(centers.count), \(factors.count)")
        self.centers = centers
        self.factors = factors
    }

    /// The scaling that changes nothing.
    public static func none(columns: Int) -> ColumnScaling {
        ColumnScaling(
            centers: [Float](repeating: 0, count: columns),
            factors: [Float](repeating: 1, count: columns)
        )
    }

    /// The scaling that a person asked for, from sums over all rows of all ranks.
    ///
    ///     standard   (x − mean) / deviation
    ///     minmax     (x − min) / (max − min)
    ///     maxabs     x / max |x|
    ///
    /// A column that does not vary keeps its unit.
    public init(_ sums: ColumnSums, as scale: FeatureScale) {
        var centers: [Float] = []
        var factors: [Float] = []
        for column in 0..<sums.columns {
            let (low, high) = (sums.smallest(column), sums.largest(column))
            let (center, length) =
                switch scale {
                case .none: (0.0, 1.0)
                case .standard: (sums.mean(column), sums.variance(column).squareRoot())
                case .minmax: (low, high - low)
                case .maxabs: (0.0, Swift.max(abs(low), abs(high)))
                }
            let factor = Float(1 / length)
            centers.append(Float(center))
            factors.append(length > 0 && factor.isNormal ? factor : 1)
        }
        self.centers = centers
        self.factors = factors
    }

    /// The search's own, from sums over all rows of all ranks; `isCentered` says whether a free
    /// bias allows it to choose the centers.
    ///
    /// `penalty` is λ over the loss's second derivative: a penalty on weights bends like a column
    /// of that mean square, so the two together deviate by one. The weights it counts are those of
    /// columns scaled by `given`, whose centers hold where a bias cannot make up for others.
    public init(
        _ sums: ColumnSums,
        isCentered: Bool,
        penalty: Double = 0,
        over given: ColumnScaling? = nil
    ) {
        var centers: [Float] = []
        var factors: [Float] = []
        for column in 0..<sums.columns {
            let mean = sums.mean(column)
            let square = sums.meanSquare(column)
            let center = isCentered ? mean : Double(given?.centers[column] ?? 0)
            let apart = mean - center
            let variance = center == 0 ? square : sums.variance(column) + apart * apart
            // Below the rounding of a Float a column does not vary.
            let isConstant = variance <= 1e-14 * square
            let reach = sums.reach(of: column, from: center)
            let spread = isConstant ? 0 : Swift.max(variance.squareRoot(), reach / reachMax)
            let length = Swift.max(spread, abs(mean) / offsetMax)
            let unit = Double(given?.factors[column] ?? 1)
            let factor = Float(1 / (length * length + penalty / (unit * unit)).squareRoot())
            centers.append(Float(center))
            factors.append(factor.isNormal ? factor : 1)
        }
        self.centers = centers
        self.factors = factors
    }

    /// One center and one factor for all columns, from sums over all rows of all ranks.
    ///
    /// Pixels keep their places in the range of grey, and zeros around an image stay its ground.
    public init(alike sums: ColumnSums) {
        let count = Swift.max(1, sums.rows * Double(sums.columns))
        let mean = (0..<sums.columns).reduce(0) { $0 + sums.first($1).value } / count
        let square = (0..<sums.columns).reduce(0) { $0 + sums.second($1).value } / count
        let variance = square - mean * mean
        let factor = variance > 1e-14 * square ? Float(1 / variance.squareRoot()) : 1
        self.init(
            centers: [Float](repeating: Float(mean), count: sums.columns),
            factors: [Float](repeating: factor, count: sums.columns)
        )
    }

    /// The centers in the unit of the scaled columns.
    public var scaledCenters: [Float] { zip(centers, factors).map { $0 * $1 } }

    /// Whether anything is taken away.
    public var isCentering: Bool { centers.contains { $0 != 0 } }
}

/// Furthest that a scaled value may lie from the middle, in deviations.
///
/// A column that is nearly always zero would else dominate the rows in which it is not.
private let reachMax = 8.0
/// Furthest that the middle may lie from zero, in deviations.
///
/// Sparse rows are centred after they were summed, which costs as many digits in Float.
private let offsetMax = 1000.0
