/// A linear change of variables that makes columns comparable: x̃ⱼ = (xⱼ − centerⱼ) · factorⱼ.
///
/// The model is the same; only the coordinates in which the search takes its steps change.
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

    /// From sums over all rows of all ranks; `isCentered` says whether a free bias allows it.
    ///
    /// `penalty` is λ over the loss's second derivative: a penalty on raw weights bends like a
    /// column of that mean square, so the two together deviate by one.
    public init(_ sums: ColumnSums, isCentered: Bool, penalty: Double = 0) {
        let rows = Swift.max(1, sums.rows)
        var centers: [Float] = []
        var factors: [Float] = []
        for column in 0..<sums.columns {
            let mean = sums.first[column] / rows
            let square = sums.second[column] / rows
            let center = isCentered ? mean : 0
            // Cancellation leaves about 1e-16 of the square; less than 1e-14 of it is nothing.
            let variance = isCentered ? square - mean * mean : square
            let isConstant = variance <= 1e-14 * square
            let reach = sums.reach(of: column, from: center)
            let spread = isConstant ? 0 : Swift.max(variance.squareRoot(), reach / reachMax)
            let length = Swift.max(spread, abs(mean) / offsetMax)
            let factor = Float(1 / (length * length + penalty).squareRoot())
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
        let mean = sums.first.reduce(0, +) / count
        let square = sums.second.reduce(0, +) / count
        let variance = square - mean * mean
        let factor = variance > 1e-14 * square ? Float(1 / variance.squareRoot()) : 1
        self.init(
            centers: [Float](repeating: Float(mean), count: sums.columns),
            factors: [Float](repeating: factor, count: sums.columns)
        )
    }

    /// The centers in the unit of the scaled columns.
    public var scaledCenters: [Float] { zip(centers, factors).map { $0 * $1 } }
}

/// Furthest that a scaled value may lie from the middle, in deviations.
///
/// A column that is nearly always zero would else dominate the rows in which it is not.
private let reachMax = 8.0
/// Furthest that the middle may lie from zero, in deviations.
///
/// Sparse rows are centred after they were summed, which costs as many digits in Float.
private let offsetMax = 1000.0
