/// Rows that can be read in order or in pieces, whatever keeps them.
public protocol RowSource {
    /// Number of rows.
    var rows: Int { get }
    /// Number of feature columns.
    var columns: Int { get }
    /// Whether its batches are sparse.
    var isSparse: Bool { get }
    /// Whether its labels are real values; else they are classes.
    var isReal: Bool { get }
    /// Rows that can be near at hand at once; nil where all can.
    ///
    /// Whoever goes over more than these, again and again, should do so in the rows' order.
    var windowRows: Int? { get }

    /// Hands rows `range` to `body`, in place; the view is valid only there.
    /// - Precondition: `range` lies within `0 ..< rows`.
    func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result

    /// Appends the rows with these numbers to `buffer`, in this order.
    func append(_ numbers: ArraySlice<Int32>, to buffer: BatchBuffer) throws(RowSourceError)
}

extension RowSource {
    /// Appends the rows one by one; for sources that know no shorter way.
    public func append(
        _ numbers: ArraySlice<Int32>,
        to buffer: BatchBuffer
    ) throws(RowSourceError) {
        for number in numbers {
            let row = Int(number)
            try withRows(row..<row + 1) { batch in buffer.append(row: 0, of: batch) }
        }
    }
}

extension RowSource {
    /// All rows are near at hand, unless a source says otherwise.
    public var windowRows: Int? { nil }

    /// How many rows to look at together: `most`, or fewer where those would not fit in memory,
    /// or would take more than 8 MiB with all their values.
    public func lookRows(_ most: Int) -> Int {
        let fitting = isSparse ? most : (2 << 20) / Swift.max(1, columns)
        return Swift.max(1, Swift.min(most, fitting, windowRows.map { $0 / 4 } ?? most))
    }

    /// The class of every row; none where labels are no classes.
    ///
    /// `tick` is called after every piece.
    public func classes(tick: () -> Void = {}) throws(RowSourceError) -> [Int32] {
        var classes: [Int32] = []
        classes.reserveCapacity(rows)
        let piece = lookRows(1024)
        for low in stride(from: 0, to: rows, by: piece) {
            try withRows(low..<Swift.min(rows, low + piece)) { batch in
                guard case .classes(let labels) = batch.labels else { return }
                classes.append(contentsOf: UnsafeBufferPointer(start: labels, count: batch.rows))
            }
            tick()
        }
        return classes
    }
}

/// Why rows could not be read: what lies on the disk is not what was stored.
public struct RowSourceError: Error, Equatable, CustomStringConvertible {
    /// One line for the operator: what is damaged, and where.
    public let description: String

    /// An error with its line.
    public init(_ description: String) { self.description = description }
}

/// Several sources one behind the other, as one.
public struct JoinedRows: RowSource {
    private let parts: [any RowSource]
    private let starts: [Int]

    /// The rows of `parts`, in order; all have the same form.
    /// - Precondition: at least one part.
    public init(_ parts: [any RowSource]) {
        precondition(!parts.isEmpty, "joined rows need at least one source")
        self.parts = parts
        var starts = [0]
        for part in parts { starts.append(starts[starts.count - 1] + part.rows) }
        self.starts = starts
    }

    /// Number of rows of all parts.
    public var rows: Int { starts[starts.count - 1] }
    /// Number of feature columns.
    public var columns: Int { parts[0].columns }
    /// Whether its batches are sparse.
    public var isSparse: Bool { parts[0].isSparse }
    /// Whether its labels are real values.
    public var isReal: Bool { parts[0].isReal }
    /// Rows of the widest part that can be near at hand at once.
    public var windowRows: Int? { parts.compactMap(\.windowRows).min() }

    /// Hands rows to `body`; a range that crosses parts is gathered first.
    public func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "\(range) of \(rows) rows")
        let first = part(of: range.lowerBound)
        if range.upperBound <= starts[first + 1] {
            let local = range.lowerBound - starts[first]..<range.upperBound - starts[first]
            return try parts[first].withRows(local, body)
        }
        let buffer = BatchBuffer(columns: columns, isSparse: isSparse, isReal: isReal)
        for index in parts.indices {
            let overlap = range.clamped(to: starts[index]..<starts[index + 1])
            guard !overlap.isEmpty else { continue }
            let local = overlap.lowerBound - starts[index]..<overlap.upperBound - starts[index]
            try parts[index].withRows(local) { batch in
                for row in 0..<batch.rows { buffer.append(row: row, of: batch) }
            }
        }
        return buffer.withBatch { batch in body(batch) }
    }

    /// Appends rows to `buffer`.
    public func append(
        _ numbers: ArraySlice<Int32>,
        to buffer: BatchBuffer
    ) throws(RowSourceError) {
        if parts.count == 1 { return try parts[0].append(numbers, to: buffer) }
        let owners = numbers.map { part(of: Int($0)) }
        let local = zip(numbers, owners).map { $0 - Int32(starts[$1]) }
        var low = 0
        while low < local.count {
            var high = low + 1
            while high < local.count, owners[high] == owners[low] { high += 1 }
            try parts[owners[low]].append(local[low..<high], to: buffer)
            low = high
        }
    }

    private func part(of row: Int) -> Int {
        var index = 0
        while index + 1 < parts.count, row >= starts[index + 1] { index += 1 }
        return index
    }
}
