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
    /// The largest value; at least 0 where rows are sparse.
    public private(set) var largest: [Double]
    /// The smallest value; at most 0 where rows are sparse.
    public private(set) var smallest: [Double]
    /// Σ y of real labels.
    public private(set) var labels = 0.0
    /// Σ y² of real labels.
    public private(set) var labelSquares = 0.0

    /// Sums over the rows of `source` that `selected` says yes to.
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
        if value > largest[column] { largest[column] = value }
        if value < smallest[column] { smallest[column] = value }
    }

    /// Makes them the sums over all ranks.
    public mutating func reduce(with reducer: any Reducer) throws(ReducerError) {
        var sums = [rows, stored, labels, labelSquares] + first + second
        try reducer.sum(&sums)
        var extremes = largest + smallest.map { -$0 }
        try reducer.max(&extremes)
        (rows, stored, labels, labelSquares) = (sums[0], sums[1], sums[2], sums[3])
        first = Array(sums[4..<columns + 4])
        second = Array(sums[(columns + 4)...])
        largest = Array(extremes[..<columns])
        smallest = extremes[columns...].map { -$0 }
    }
}
