internal import Domain
internal import Glibc

/// The rows that lie parsed in the staging file, mapped for reading.
///
/// The file is ours alone and has its final size, so mapping it is safe. In memory a row costs 2
/// bytes for its class, 8 for its place where rows differ in length, and 8 while shards are made.
final class StagedRows {
    /// How a staged row becomes features.
    enum Form {
        case sparse(columns: Int)
        case table([TableColumn])
        case bytes(columns: Int, divisor: Float)
    }

    /// What one column of a staged table becomes.
    struct TableColumn {
        /// The feature column of its number, or of its first category.
        var feature: Int
        /// Number of feature columns.
        var width: Int
        /// Feature of each number of a text, counted from `feature`; nil for a number.
        var categoryOfCode: [Int32]?
        /// What stands for a missing number.
        var fill: Float = 0
    }

    let rows: Int
    var form: Form
    private let rowStarts: [Int]
    private let rowWords: Int
    private let base: UnsafeRawPointer
    private let size: Int

    /// Maps what `writer` has written to `descriptor`.
    init(_ writer: StagingWriter, descriptor: Int32, form: Form) throws(DatasetError) {
        try writer.flush()
        rows = writer.rows
        rowStarts = writer.rowStarts
        size = max(1, writer.count)
        self.form = form
        rowWords = rows == 0 ? 0 : writer.count / 4 / rows
        let memory = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let memory, memory != MAP_FAILED else { throw .writing("the staging file", errno) }
        base = UnsafeRawPointer(memory)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: base), size) }

    /// Number of feature columns.
    var columns: Int {
        switch form {
        case .sparse(let columns), .bytes(let columns, _): columns
        case .table(let columns): columns.reduce(0) { $0 + $1.width }
        }
    }

    /// Whether every value lies there as a byte.
    var areBytes: Bool { if case .bytes = form { true } else { false } }

    /// What its bytes are divided by; 1 for other values.
    var divisor: Float { if case .bytes(_, let divisor) = form { divisor } else { 1 } }

    @inline(__always)
    private func start(_ row: Int) -> UnsafeRawPointer {
        if case .sparse = form { return base + rowStarts[row] }
        return base + row * rowWords * 4
    }

    /// The label of a row as it was staged.
    func label(_ row: Int) -> StagedLabel {
        let start = start(row)
        return StagedLabel(
            code: start.load(as: Int32.self),
            value: start.load(fromByteOffset: 4, as: Float.self)
        )
    }

    /// Every byte of a row that makes it what it is.
    func bytes(_ row: Int) -> UnsafeRawBufferPointer {
        let start = start(row)
        guard case .sparse = form else {
            return UnsafeRawBufferPointer(start: start, count: rowWords * 4)
        }
        let entries = Int(start.load(fromByteOffset: 8, as: Int32.self))
        return UnsafeRawBufferPointer(start: start, count: 12 + 8 * entries)
    }

    /// The staged values of a table's row, one a column.
    @inline(__always)
    func tableValues(_ row: Int) -> UnsafePointer<Float> {
        (start(row) + 8).assumingMemoryBound(to: Float.self)
    }

    /// Calls `body` with the column and value of every feature of a row that is not 0, by rising
    /// column.
    @inline(__always)
    func forEachNonzero(_ row: Int, _ body: (Int, Float) -> Void) {
        let values = start(row) + 8
        switch form {
        case .sparse:
            let count = Int(values.load(as: Int32.self))
            let indices = (values + 4).assumingMemoryBound(to: Int32.self)
            let entries = (values + 4 + 4 * count).assumingMemoryBound(to: Float.self)
            for i in 0..<count { body(Int(indices[i]), entries[i]) }
        case .bytes(let columns, let divisor):
            let bytes = values.assumingMemoryBound(to: UInt8.self)
            for i in 0..<columns where bytes[i] != 0 { body(i, Float(bytes[i]) / divisor) }
        case .table(let columns):
            let cells = values.assumingMemoryBound(to: Float.self)
            for (i, column) in columns.enumerated() {
                let cell = cells[i]
                if let categories = column.categoryOfCode {
                    if !cell.isNaN { body(column.feature + Int(categories[Int(cell)]), 1) }
                } else {
                    let value = cell.isNaN ? column.fill : cell
                    if value != 0 { body(column.feature, value) }
                }
            }
        }
    }

    /// Number of features of a row that are not 0.
    func nonzeros(_ row: Int) -> Int {
        var count = 0
        forEachNonzero(row) { _, _ in count += 1 }
        return count
    }
}
