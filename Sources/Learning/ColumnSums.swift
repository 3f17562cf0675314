public import LinearAlgebra

/// Sums over rows, per column, that add up over ranks.
public struct ColumnSums: Sendable {
    /// Number of columns.
    public private(set) var columns: Int
    /// Number of rows.
    public private(set) var rows = 0.0
    /// Values stored: rows × columns where dense.
    public private(set) var stored = 0.0
    /// Σ x.
    public private(set) var first: [Double]
    /// Σ x².
    public private(set) var second: [Double]
    /// Σ x³; empty where there are extremes.
    public private(set) var third: [Double] = []
    /// Σ x⁴; empty where there are extremes.
    public private(set) var fourth: [Double] = []
    /// Whether the largest and smallest values are told; each of them is some row's own value.
    public let hasExtremes: Bool
    /// The largest value; at least 0 where rows are sparse.
    public private(set) var largest: [Double]
    /// The smallest value; at most 0 where rows are sparse.
    public private(set) var smallest: [Double]
    /// Σ y of real labels.
    public private(set) var labels = 0.0
    /// Σ y² of real labels.
    public private(set) var labelSquares = 0.0

    /// Sums over the rows of `source` that `selected` says yes to.
    public init(
        of source: some RowSource,
        hasExtremes: Bool = true,
        rows selected: (Int) -> Bool
    ) throws(RowSourceError) {
        self.hasExtremes = hasExtremes
        columns = source.columns
        first = [Double](repeating: 0, count: columns)
        second = first
        if !hasExtremes { (third, fourth) = (first, first) }
        let start = source.isSparse ? 0 : Double.infinity
        largest = [Double](repeating: -start, count: columns)
        smallest = [Double](repeating: start, count: columns)
        var low = 0
        let lookRows = source.lookRows(256)
        while low < source.rows {
            let high = Swift.min(source.rows, low + lookRows)
            let base = low
            try source.withRows(low..<high) { batch in
                for row in 0..<batch.rows where selected(base + row) { add(row, of: batch) }
            }
            low = high
        }
    }

    private mutating func add(_ row: Int, of batch: Batch) {
        rows += 1
        stored += Double(batch.slice(row..<row + 1).storedValues)
        if case .real(let base) = batch.labels {
            labels += Double(base[row])
            labelSquares += Double(base[row]) * Double(base[row])
        }
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
        guard hasExtremes else {
            third[column] += value * value * value
            fourth[column] += value * value * value * value
            return
        }
        if value > largest[column] { largest[column] = value }
        if value < smallest[column] { smallest[column] = value }
    }

    /// Makes them the sums over all ranks.
    public mutating func reduce(with reducer: any Reducer) throws(ReducerError) {
        var sums = [rows, stored, labels, labelSquares] + first + second + third + fourth
        try reducer.sum(&sums)
        (rows, stored, labels, labelSquares) = (sums[0], sums[1], sums[2], sums[3])
        first = Array(sums[4..<columns + 4])
        second = Array(sums[(columns + 4)..<(2 * columns + 4)])
        guard hasExtremes else {
            third = Array(sums[(2 * columns + 4)..<(3 * columns + 4)])
            fourth = Array(sums[(3 * columns + 4)...])
            return
        }
        var extremes = largest + smallest.map { -$0 }
        try reducer.max(&extremes)
        largest = Array(extremes[..<columns])
        smallest = extremes[columns...].map { -$0 }
    }

    /// How far values of a column lie from `center`, the furthest of them.
    ///
    /// Without extremes the root of Σ(x − c)⁴ / Σ(x − c)²: the same for a column that is mostly
    /// zero and else one value, and some deviations for a column of many values.
    func reach(of column: Int, from center: Double) -> Double {
        if hasExtremes { return Swift.max(largest[column] - center, center - smallest[column]) }
        let (x, xx, xxx) = (first[column], second[column], third[column])
        let square = xx - 2 * center * x + rows * center * center
        let tail = fourth[column] - 4 * center * xxx + 6 * center * center * xx
        let power =
            tail - 4 * center * center * center * x
            + rows * center * center * center * center
        // By Cauchy and Schwarz it is no less than square² / rows; rounding may make it so.
        guard square > 0, power > square * square / Swift.max(1, rows) else { return 0 }
        return (power / square).squareRoot()
    }
}
