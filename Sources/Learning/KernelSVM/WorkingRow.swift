/// A variable of the block in hand, wherever its row is.
struct WorkingRow {
    /// The rank whose row it is.
    var owner: Int
    /// Its number in that rank's window.
    var variable: Int
    /// Its row's number on that rank.
    var row: Int
    /// Whether y is +1.
    var isFirst: Bool
    var alpha = 0.0
    var v = 0.0

    /// A number of its row that no other row has on any rank.
    var name: Int { owner << 40 | row }

    /// Six numbers for the way to other ranks.
    var numbers: [Double] {
        [Double(owner), Double(variable), Double(row), isFirst ? 1 : 0, alpha, v]
    }

    /// A working row by its numbers; nil for such as make no sense.
    init?(_ numbers: ArraySlice<Double>, worldSize: Int) {
        let numbers = Array(numbers)
        guard numbers.count == 6, numbers[0] >= 0, numbers[0] < Double(worldSize),
            numbers[1] >= 0, numbers[1] < 0x1p39, numbers[2] >= 0, numbers[2] < 0x1p39
        else { return nil }
        (owner, variable, row) = (Int(numbers[0]), Int(numbers[1]), Int(numbers[2]))
        (isFirst, alpha, v) = (numbers[3] != 0, numbers[4], numbers[5])
    }

    init(owner: Int, variable: Int, row: Int, isFirst: Bool) {
        (self.owner, self.variable, self.row) = (owner, variable, row)
        self.isFirst = isFirst
    }
}

/// What one rank tells of its window before a block.
struct BlockNews {
    var largest = -Double.infinity
    var smallest = Double.infinity
    /// Variables that are not sure to stay, and all.
    var lively = 0
    var count = 0
    /// Rows kept from the last block, then those that violate most upwards, then downwards.
    var lists: [[WorkingRow]] = [[], [], []]

    init() {}

    /// Writes the news.
    func write(to writer: inout PieceWriter) {
        writer.write([largest, smallest, Double(lively), Double(count)])
        for list in lists { writer.write(list.flatMap(\.numbers)) }
    }

    /// Reads the news of one rank.
    init(from reader: inout PieceReader, worldSize: Int) throws(LearningError) {
        let numbers = try reader.read(Double.self)
        guard numbers.count == 4, numbers[2] >= 0, numbers[3] < 0x1p39, numbers[2] <= numbers[3]
        else { throw reader.nonsense }
        (largest, smallest) = (numbers[0], numbers[1])
        (lively, count) = (Int(numbers[2]), Int(numbers[3]))
        for index in lists.indices {
            lists[index] = try reader.rows(worldSize: worldSize)
        }
    }
}

extension PieceReader {
    /// Reads working rows of the rank that wrote this.
    mutating func rows(worldSize: Int) throws(LearningError) -> [WorkingRow] {
        let flat = try read(Double.self)
        var rows: [WorkingRow] = []
        for start in stride(from: 0, to: flat.count, by: 6) {
            let part = flat[start..<Swift.min(flat.count, start + 6)]
            guard let row = WorkingRow(part, worldSize: worldSize), row.owner == rank else {
                throw nonsense
            }
            rows.append(row)
        }
        return rows
    }
}

/// The rows of other ranks that this one has been told, each once.
final class KnownRows {
    let rows: KernelRows
    private var places: [Int: Int] = [:]
    /// Own rows that the others have been told, by their numbers.
    var told: Set<Int> = []

    init(columns: Int, isSparse: Bool) { rows = KernelRows(columns: columns, isSparse: isSparse) }

    /// Where a row lies that was told under this name.
    subscript(name: Int) -> Int? { places[name] }

    /// Takes the rows that a rank tells, by their names.
    func take(_ names: [Int], from reader: inout PieceReader) throws(LearningError) {
        let start = rows.count
        guard try reader.read(into: rows) == names.count else { throw reader.nonsense }
        for (offset, name) in names.enumerated() where places[name] == nil {
            places[name] = start + offset
        }
    }
}
