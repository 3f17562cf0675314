import Learning
import Wire

/// A solver's state in a checkpoint: what all ranks share, then the rows' part of each rank.
///
/// | Bytes | Meaning |
/// |---|---|
/// | … | numbers; vectors, each with its count; number of ranks; the rows' numbers of each rank |
struct SavedSolver {
    /// What all ranks share.
    var shared = SolverState()
    /// What belongs to the rows of each rank, in rank order.
    var rows: [[Double]] = []

    init(_ shared: SolverState, rows: [[Double]]) {
        self.shared = shared
        self.shared.rows = []
        self.rows = rows
    }

    init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        shared.numbers = try reader.doubles("numbers", limit: elementsMax)
        let count = try reader.count("vectors", limit: 1 << 16, itemBytes: 4)
        for _ in 0..<count {
            shared.vectors.append(try reader.doubles("vector", limit: elementsMax))
        }
        let ranks = try reader.count("ranks", limit: 1 << 12, itemBytes: 4)
        for _ in 0..<ranks { rows.append(try reader.doubles("rows", limit: elementsMax)) }
        try reader.finish()
    }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(shared.numbers)
        writer.write(UInt32(shared.vectors.count))
        for vector in shared.vectors { writer.write(vector) }
        writer.write(UInt32(rows.count))
        for part in rows { writer.write(part) }
        return writer.bytes
    }

    /// The state for one rank; nil where there are not as many ranks as there were.
    func state(rank: Int, worldSize: Int) -> SolverState? {
        guard rows.count == worldSize else { return nil }
        var state = shared
        state.rows = rows[rank]
        return state
    }
}
