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
    ///
    /// Shapes: `costs` (2), C of the first class of the pair and of the second.
    init?(_ numbers: ArraySlice<Double>, worldSize: Int, costs: [Double]) {
        let numbers = Array(numbers)
        guard numbers.count == 6, let owner = Int(whole: numbers[0]), owner < worldSize,
            let variable = Int(whole: numbers[1]), let row = Int(whole: numbers[2]),
            let sign = Int(whole: numbers[3]), sign <= 1,
            isMultiplier(numbers[4], upTo: costs[1 - sign]), numbers[5].isFinite
        else { return nil }
        (self.owner, self.variable, self.row) = (owner, variable, row)
        (isFirst, alpha, v) = (sign == 1, numbers[4], numbers[5])
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
    init(
        from reader: inout PieceReader,
        worldSize: Int,
        costs: [Double]
    ) throws(LearningError) {
        let numbers = try reader.read(Double.self)
        guard numbers.count == 4, numbers[0] < .infinity, numbers[1] > -.infinity else {
            throw reader.nonsense("violations \(numbers)")
        }
        (largest, smallest) = (numbers[0], numbers[1])
        count = try reader.whole(numbers[3])
        lively = try reader.whole(numbers[2], most: count)
        for index in lists.indices {
            lists[index] = try reader.rows(worldSize: worldSize, costs: costs)
        }
    }

    /// Names of all rows of the lists.
    var names: [Int] { lists.joined().map(\.name) }
}

extension PieceReader {
    /// Reads working rows of the rank that wrote this, each once.
    mutating func rows(worldSize: Int, costs: [Double]) throws(LearningError) -> [WorkingRow] {
        let flat = try read(Double.self)
        var rows: [WorkingRow] = []
        var names: Set<Int> = []
        for start in stride(from: 0, to: flat.count, by: 6) {
            let part = flat[start..<Swift.min(flat.count, start + 6)]
            guard let row = WorkingRow(part, worldSize: worldSize, costs: costs) else {
                throw nonsense("\(Array(part)) for a variable of the block in hand")
            }
            guard row.owner == rank, names.insert(row.name).inserted else {
                throw nonsense("row \(row.row) of rank \(row.owner), not its own or told twice")
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

    /// Takes the rows that a rank tells, by their names: its own, each once, and only such as are
    /// `expected`.
    func take(
        from reader: inout PieceReader,
        expected: Set<Int>
    ) throws(LearningError) {
        let names = try reader.read(Int.self)
        var fresh: Set<Int> = []
        for name in names {
            guard expected.contains(name), name >> 40 == reader.rank, places[name] == nil,
                fresh.insert(name).inserted
            else { throw reader.nonsense("a row called \(name), which nobody asked for") }
        }
        let start = rows.count
        try reader.read(names.count, into: rows)
        for (offset, name) in names.enumerated() { places[name] = start + offset }
    }
}
