import CKernels
public import LinearAlgebra

/// Sums over rows, per column, that add up over ranks.
///
/// One pass over the rows, sparse ones as they are. Sums are compensated and extremes exact, so
/// they do not depend on how rows were dealt to ranks; where rows are to stay with their rank,
/// extremes are not told, and sums only added.
public struct ColumnSums: Sendable {
    /// Number of columns.
    public private(set) var columns: Int
    /// Number of rows.
    public private(set) var rows = 0.0
    /// Values stored: rows × columns where dense.
    public private(set) var stored = 0.0
    /// Σ y of real labels.
    public private(set) var labels = 0.0
    /// Σ y² of real labels.
    public private(set) var labelSquares = 0.0
    /// Σ x as a Double holds it and what that leaves, Σ x² likewise, largest x, smallest x.
    ///
    /// Shapes: (6, columns).
    private var sums: [Double]
    /// Rows that store the column, where rows are sparse; else empty.
    private var present: [Double]
    /// Σ x³; empty where there are extremes.
    private var third: [Double] = []
    /// Σ x⁴; empty where there are extremes.
    private var fourth: [Double] = []
    /// Whether the largest and smallest values are told; each of them is some row's own value.
    public let hasExtremes: Bool

    /// Sums over the rows of `source` that `selected` says yes to.
    public init(
        of source: some RowSource,
        hasExtremes: Bool = true,
        rows selected: (Int) -> Bool
    ) throws(RowSourceError) {
        self.hasExtremes = hasExtremes
        columns = source.columns
        if !hasExtremes {
            third = [Double](repeating: 0, count: columns)
            fourth = third
        }
        sums = [Double](repeating: 0, count: 6 * columns)
        for column in 0..<columns {
            sums[4 * columns + column] = -.infinity
            sums[5 * columns + column] = .infinity
        }
        present = [Double](repeating: 0, count: source.isSparse ? columns : 0)
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
        reachZero()
    }

    /// Σ x of a column.
    public func first(_ column: Int) -> CompensatedSum { sum(0, column) }

    /// Σ x² of a column.
    public func second(_ column: Int) -> CompensatedSum { sum(2, column) }

    /// The largest value of a column; where a sparse row lacks it, at least 0.
    public func largest(_ column: Int) -> Double { sums[4 * columns + column] }

    /// The smallest value of a column; where a sparse row lacks it, at most 0.
    public func smallest(_ column: Int) -> Double { sums[5 * columns + column] }

    private func sum(_ part: Int, _ column: Int) -> CompensatedSum {
        CompensatedSum(
            high: sums[part * columns + column],
            rest: sums[(part + 1) * columns + column]
        )
    }

    private mutating func set(_ part: Int, _ column: Int, _ sum: CompensatedSum) {
        sums[part * columns + column] = sum.high
        sums[(part + 1) * columns + column] = sum.rest
    }

    /// The mean of a column.
    public func mean(_ column: Int) -> Double { first(column).value / Swift.max(1, rows) }

    /// The mean square of a column.
    public func meanSquare(_ column: Int) -> Double {
        second(column).value / Swift.max(1, rows)
    }

    /// The variance of a column, its rows taken as all there are.
    public func variance(_ column: Int) -> Double {
        let rows = Swift.max(1, rows)
        let spread = CompensatedSum.spread(
            rows: rows,
            first: first(column),
            second: second(column)
        )
        return spread / rows / rows
    }

    private mutating func add(_ row: Int, of batch: Batch) {
        rows += 1
        stored += Double(batch.slice(row..<row + 1).storedValues)
        if case .real(let base) = batch.labels {
            labels += Double(base[row])
            labelSquares += Double(base[row]) * Double(base[row])
        }
        switch batch.features {
        case .dense(let base): addDense(base + row * columns)
        case .sparse(let offsets, let indices, let values):
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                add(Double(values[entry]), to: Int(indices[entry]))
            }
        }
    }

    private mutating func addDense(_ values: UnsafePointer<Float>) {
        for column in third.indices { addPowers(Double(values[column]), to: column) }
        sums.withUnsafeMutableBufferPointer {
            ck_add_columns_f32(values, $0.baseAddress, columns)
        }
    }

    private mutating func add(_ value: Double, to column: Int) {
        for (part, term) in [(0, value), (2, value * value)] {
            var sum = sum(part, column)
            sum.add(term)
            set(part, column, sum)
        }
        widen(column, to: value)
        present[column] += 1
        if !hasExtremes { addPowers(value, to: column) }
    }

    private mutating func addPowers(_ value: Double, to column: Int) {
        third[column] += value * value * value
        fourth[column] += value * value * value * value
    }

    private mutating func widen(_ column: Int, to value: Double) {
        let (largest, smallest) = (4 * columns + column, 5 * columns + column)
        if value > sums[largest] { sums[largest] = value }
        if value < sums[smallest] { sums[smallest] = value }
    }

    /// Counts the zeros that sparse rows do not store.
    private mutating func reachZero() {
        for column in present.indices where present[column] < rows { widen(column, to: 0) }
    }

    /// Makes them the sums over all ranks.
    public mutating func reduce(with reducer: any Reducer) throws(ReducerError) {
        guard hasExtremes else {
            var values = values
            try reducer.sum(&values)
            return take(values)
        }
        var totals = [rows, stored, labels, labelSquares] + present
        try reducer.sum(&totals)
        (rows, stored, labels, labelSquares) = (totals[0], totals[1], totals[2], totals[3])
        present = Array(totals[4...])
        var extremes = Array(sums[(4 * columns)...])
        for index in columns..<2 * columns { extremes[index].negate() }
        try reducer.max(&extremes)
        for index in columns..<2 * columns { extremes[index].negate() }
        sums.replaceSubrange((4 * columns)..., with: extremes)
        guard reducer.worldSize > 1 else { return }
        var low = 0
        while low < columns {
            let high = Swift.min(columns, low + gatheredColumns)
            try gather(low..<high, with: reducer)
            low = high
        }
    }

    /// All sums in a fixed order, to be added elementwise where no extremes are told.
    public var values: [Double] {
        [rows, stored, labels, labelSquares] + sums[..<(4 * columns)] + third + fourth
    }

    private mutating func take(_ values: [Double]) {
        (rows, stored, labels, labelSquares) = (values[0], values[1], values[2], values[3])
        var rest = values[4...]
        sums.replaceSubrange(..<(4 * columns), with: rest.prefix(4 * columns))
        rest = rest.dropFirst(4 * columns)
        third = Array(rest.prefix(columns))
        fourth = Array(rest.dropFirst(columns))
    }

    /// How far values of a column lie from `center`, the furthest of them.
    ///
    /// Without extremes the root of Σ(x − c)⁴ / Σ(x − c)²: the same for a column that is mostly
    /// zero and else one value, and some deviations for a column of many values.
    func reach(of column: Int, from center: Double) -> Double {
        if hasExtremes { return Swift.max(largest(column) - center, center - smallest(column)) }
        let (x, xx, xxx) = (first(column).value, second(column).value, third[column])
        let square = xx - 2 * center * x + rows * center * center
        let tail = fourth[column] - 4 * center * xxx + 6 * center * center * xx
        let power =
            tail - 4 * center * center * center * x
            + rows * center * center * center * center
        // By Cauchy and Schwarz it is no less than square² / rows; rounding may make it so.
        guard square > 0, power > square * square / Swift.max(1, rows) else { return 0 }
        return (power / square).squareRoot()
    }

    /// Adds the sums of all ranks, in their order, with what each left.
    private mutating func gather(
        _ range: Range<Int>,
        with reducer: any Reducer
    ) throws(ReducerError) {
        let own = (0..<4).flatMap { part in
            sums[part * columns + range.lowerBound..<part * columns + range.upperBound]
        }
        let all = try reducer.gather(own.withUnsafeBytes { Array($0) })
        var totals = [CompensatedSum](repeating: CompensatedSum(), count: 2 * range.count)
        for (rank, bytes) in all.enumerated() {
            guard bytes.count == 8 * own.count else {
                throw ReducerError("rank \(rank) sent \(bytes.count) bytes of column sums")
            }
            let parts = bytes.withUnsafeBytes { raw in
                own.indices.map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
            }
            for index in totals.indices {
                let place = index < range.count ? index : index + range.count
                let part = CompensatedSum(high: parts[place], rest: parts[place + range.count])
                totals[index].add(part)
            }
        }
        for column in range {
            set(0, column, totals[column - range.lowerBound])
            set(2, column, totals[column - range.lowerBound + range.count])
        }
    }
}

/// Columns whose sums go around the ring together: 32 bytes each.
private let gatheredColumns = 1 << 20
