import Domain
public import LinearAlgebra

/// A linear change of variables that makes columns comparable: x̃ⱼ = (xⱼ − centerⱼ) · factorⱼ.
///
/// The model is the same; only the coordinates in which the search takes its steps change. Sparse
/// columns are never centred, so zeros stay zeros.
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

    /// From sums over all rows of all ranks.
    ///
    /// The factor is one over the column's deviation (its root mean square where it is not
    /// centred), but never so large that a value would lie more than `reachMax` away: a column
    /// that is nearly always zero would else dominate the rows in which it is not. A constant
    /// column keeps its unit.
    public init(_ sums: ColumnSums, centered: Bool) {
        let rows = Swift.max(1, sums.rows)
        var centers: [Float] = []
        var factors: [Float] = []
        for column in 0..<sums.columns {
            let mean = sums.first[column] / rows
            let square = sums.second[column] / rows
            let center = centered ? mean : 0
            // Cancellation leaves about 1e-16 of the square; less than 1e-14 of it is nothing.
            let variance = centered ? square - mean * mean : square
            let isConstant = variance <= 1e-14 * square
            let reach = Swift.max(sums.largest[column] - center, center - sums.smallest[column])
            let spread = Swift.max(variance.squareRoot(), reach / reachMax)
            centers.append(Float(center))
            factors.append(isConstant || spread == 0 ? 1 : Float(1 / spread))
        }
        self.centers = centers
        self.factors = factors
    }

    /// Whether any column is moved.
    public var isCentered: Bool { centers.contains { $0 != 0 } }

    /// Parameters of raw features that score as `scaled` does on scaled ones.
    ///
    /// wⱼ = vⱼ · factorⱼ, b = c − Σⱼ wⱼ · centerⱼ; sums in Double.
    /// Shapes: `scaled` and the result (p of `model`).
    public func raw(_ scaled: borrowing Vector, of model: LinearModel) -> Vector {
        var raw = Vector(zeros: model.parameterCount)
        for output in 0..<model.outputs {
            var moved = 0.0
            for column in 0..<model.columns {
                let index = output * model.columns + column
                let weight = scaled[index] * factors[column]
                raw[index] = weight
                moved += Double(weight) * Double(centers[column])
            }
            guard model.bias != .none else { continue }
            let index = model.weightCount + output
            raw[index] = Float(Double(scaled[index]) - moved / Double(model.biasScale))
        }
        return raw
    }
}

/// Furthest that a scaled value may lie from the middle.
private let reachMax = 8.0

/// Sums over rows, per column, that add up over ranks.
public struct ColumnSums: Sendable {
    /// Number of columns.
    public private(set) var columns: Int
    /// Number of rows.
    public private(set) var rows = 0.0
    /// Σ x.
    public private(set) var first: [Double]
    /// Σ x².
    public private(set) var second: [Double]
    /// The largest value; at least 0 where rows are sparse.
    public private(set) var largest: [Double]
    /// The smallest value; at most 0 where rows are sparse.
    public private(set) var smallest: [Double]

    /// Sums over all rows of `source`.
    public init(of source: some RowSource, rows selected: (Int) -> Bool) throws(RowSourceError) {
        columns = source.columns
        first = [Double](repeating: 0, count: columns)
        second = first
        let start = source.isSparse ? 0 : Double.infinity
        largest = [Double](repeating: -start, count: columns)
        smallest = [Double](repeating: start, count: columns)
        var low = 0
        while low < source.rows {
            let high = Swift.min(source.rows, low + 256)
            let base = low
            var sums = self
            try source.withRows(low..<high) { batch in
                for row in 0..<batch.rows where selected(base + row) { sums.add(row, of: batch) }
            }
            self = sums
            low = high
        }
    }

    private mutating func add(_ row: Int, of batch: Batch) {
        rows += 1
        switch batch.features {
        case .dense(let base):
            for column in 0..<columns { add(Double(base[row * columns + column]), to: column) }
        case .sparse(let offsets, let indices, let values):
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                add(Double(values[entry]), to: Int(indices[entry]))
            }
        }
    }

    private mutating func add(_ value: Double, to column: Int) {
        first[column] += value
        second[column] += value * value
        if value > largest[column] { largest[column] = value }
        if value < smallest[column] { smallest[column] = value }
    }

    /// Makes them the sums over all ranks.
    public mutating func reduce(with reducer: any Reducer) throws(ReducerError) {
        var sums = [rows] + first + second
        try reducer.sum(&sums)
        var extremes = largest + smallest.map { -$0 }
        try reducer.max(&extremes)
        rows = sums[0]
        first = Array(sums[1..<columns + 1])
        second = Array(sums[(columns + 1)...])
        largest = Array(extremes[..<columns])
        smallest = extremes[columns...].map { -$0 }
    }
}
