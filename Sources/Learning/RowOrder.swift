/// The order in which a rank takes its rows in one epoch.
///
/// Where all rows fit in memory, any order costs the same, and rows are shuffled as a whole. Where
/// they do not, jumping from row to row would read every page of the file once per row: rows are
/// then taken window by window. Blocks of neighbouring rows are shuffled, a window is some of
/// them, and its rows are shuffled among themselves.
///
///     file     │ 0 │ 1 │ 2 │ 3 │ 4 │ 5 │ 6 │ 7 │      blocks of neighbouring rows
///     windows  │ 5   0   3 │ 6   1   7 │ 2   4 │      drawn anew for each epoch
///     order    │ rows of 5, 0, 3, mixed │ rows of 6, 1, 7, mixed │ …
///
/// Source: the two-stage shuffle of CorgiPile (Xu et al., SIGMOD 2022), which shows that SGD
/// converges as with a full shuffle once a window mixes blocks enough.
public struct RowOrder: Equatable, Sendable {
    /// Numbers of the rows, rising.
    public let rows: [Int32]
    /// Rows that may be in memory at once; nil where all may.
    public let windowRows: Int?

    /// Blocks that make a window: enough to mix rows that lie far apart.
    static let blocksPerWindow = 16

    /// The order of these rows.
    public init(rows: [Int32], windowRows: Int?) {
        self.rows = rows
        self.windowRows = windowRows.map { Swift.max(1, $0) }
    }

    /// Whether rows are taken window by window.
    public var isWindowed: Bool { windowRows.map { $0 < rows.count } ?? false }

    /// The rows in the order that `generator` draws.
    public func shuffled(using generator: inout SeededGenerator) -> [Int32] {
        guard isWindowed, let windowRows else {
            var order = rows
            shuffle(&order, using: &generator)
            return order
        }
        let blockRows = Swift.max(1, windowRows / Self.blocksPerWindow)
        var blocks = (0..<(rows.count + blockRows - 1) / blockRows).map { Int32($0) }
        shuffle(&blocks, using: &generator)
        var order: [Int32] = []
        order.reserveCapacity(rows.count)
        var window: [Int32] = []
        for block in blocks {
            let start = Int(block) * blockRows
            let taken = rows[start..<Swift.min(start + blockRows, rows.count)]
            if window.count + taken.count > windowRows, !window.isEmpty {
                shuffle(&window, using: &generator)
                order += window
                window.removeAll(keepingCapacity: true)
            }
            window += taken
        }
        shuffle(&window, using: &generator)
        return order + window
    }
}
