import Domain
import LinearAlgebra
import MeetingRanks
import RowSamples
import Testing

@testable import Learning

/// Numbers as no honest rank sends them.
private let lies = [Double.nan, .infinity, -.infinity, -1, 0.5, 1e300, -0x1p63, 0x1p62]

/// One rank's way to lie: in which gathering, at which byte, with what.
private struct Lie: Sendable {
    let gathering: Int
    let seed: UInt64

    func callAsFunction(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        guard number == gathering else { return bytes }
        var generator = SeededGenerator(seed: seed)
        var bytes = bytes
        switch generator.next() % 8 {
        case 0: return Array(bytes.dropLast(1 + Int(generator.next() % 16)))
        case 1: return bytes + [0, 0, 0, 0, 0, 0, 0, 1]
        case 2:
            let place = Int(generator.next() % UInt64(bytes.count))
            bytes[place] ^= 1 << UInt8(generator.next() % 8)
        default:
            let lie = lies[Int(generator.next() % UInt64(lies.count))]
            let start = 8 * Int(generator.next() % UInt64(bytes.count / 8))
            withUnsafeBytes(of: lie) { bytes.replaceSubrange(start..<start + 8, with: $0) }
        }
        return bytes
    }
}

@Suite("A rank that lies in a search for a kernel machine")
struct HostileRankTests {
    private let rows = overlapping(classes: 3, rows: 90, isSparse: true)

    private var plan: KernelPlan {
        var plan = tightPlan(KernelFunction(kind: .rbf, gamma: 0.4), classes: 3)
        (plan.blockRows, plan.narrowFrom) = (8, 20)
        return plan
    }

    /// The words of the machine; rank 1 says what `lie` makes of the truth.
    private func search(
        isCascade: Bool,
        hasProbabilities: Bool = false,
        _ lie: @escaping @Sendable (Int, [UInt8]) -> [UInt8]
    ) throws -> [[Float]] {
        let (parts, plan) = (rows.dealt(3), plan)
        return try RankThreads.run(3) { honest in
            let reducer = honest.rank == 1 ? LyingReducer(honest, lie) : honest
            let part = parts[reducer.rank]
            let data = try KernelData(
                part,
                numbers: (0..<Int32(part.rows)).map { $0 },
                classes: 3
            )
            let meeting = KernelMeeting(reducer)
            _ = try data.scaleGamma(meeting)
            let solver: any KernelSolver =
                isCascade
                ? CascadeKernelSolver(data, plan, meeting: meeting)
                : ExactKernelSolver(data, plan, meeting: meeting)
            var steps = 0
            // Who claims to violate for ever makes a search last for ever; a person ends it.
            while steps < 1000, try solver.advance() == .moved { steps += 1 }
            var machine = try solver.machine()
            guard hasProbabilities else { return machine.words }
            let platt = try PlattFit(data, plan, meeting: meeting)
            while steps < 2000, try platt.advance() == .moved { steps += 1 }
            platt.complete(&machine)
            return machine.words
        }
    }

    @Test(
        "Whatever it sends, the others end with its name or with numbers",
        arguments: [false, true]
    )
    func anything(isCascade: Bool) throws {
        var named = 0
        for seed in 0..<UInt64(120) {
            let lie = Lie(gathering: Int(seed % 30), seed: seed)
            do throws(any Error) {
                let found = try search(isCascade: isCascade) { lie($0, $1) }
                #expect(found.allSatisfy { $0 == found[0] }, "seed \(seed)")
                let kernel = found[0].suffix(3)
                #expect(kernel.allSatisfy { $0.isFinite }, "seed \(seed)")
            } catch let error as LearningError {
                guard error != .kernelNotFinite else { continue }
                #expect(error.description.hasPrefix("rank 1 "), "seed \(seed): \(error)")
                named += 1
            }
        }
        #expect(named > 40)
    }

    @Test("Decision values that are no numbers are not made probabilities of")
    func decisions() throws {
        let error = #expect(throws: LearningError.self) {
            try search(isCascade: false, hasProbabilities: true) { _, bytes in
                // Nothing else is two arrays behind the wishes.
                var reader = PieceReader(bytes, rank: 1)
                guard (try? reader.read(Double.self)) != nil,
                    (try? reader.read(Double.self)) != nil,
                    let second = try? reader.read(Double.self), !second.isEmpty,
                    (try? reader.finish()) != nil
                else { return bytes }
                return bytes.dropLast(8) + [0, 0, 0, 0, 0, 0, 0xF8, 0x7F]
            }
        }
        #expect(error?.description.contains("rank 1 sent") == true, "\(String(describing: error))")
    }

    @Test("Landmarks come in rank order, and those of a rank that lies are refused")
    func landmarks() throws {
        let function = KernelFunction(kind: .rbf, gamma: 0.4)
        for rows in [rows, overlapping(classes: 3, rows: 90)] {
            let parts = rows.dealt(3)
            func gather(
                _ lie: @escaping @Sendable (Int, [UInt8]) -> [UInt8]
            ) throws -> [[Float]] {
                try RankThreads.run(3) { honest in
                    let reducer = honest.rank == 1 ? LyingReducer(honest, lie) : honest
                    return try Landmarks(
                        function,
                        of: parts[reducer.rank],
                        numbers: [1, 5],
                        counts: [2, 2, 2],
                        with: reducer
                    ).words
                }
            }
            let chosen = parts.flatMap { [$0.values[1], $0.values[5]] }
            let found = try gather { $1 }
            #expect(found == [found[0], found[0], found[0]])
            let values = chosen.joined().filter { !rows.isSparse || $0 != 0 }
            #expect(Array(found[0].suffix(values.count)) == values)
            for seed in 0..<UInt64(40) {
                // Values that are other numbers are no lie that anybody can see.
                guard let words = try? gather({ Lie(gathering: 0, seed: seed)($0, $1) }) else {
                    continue
                }
                #expect(words[0].count == found[0].count && words[0].allSatisfy { $0.isFinite })
            }
            let error = #expect(throws: LearningError.self) {
                try gather { $1.dropLast(4) + [0, 0, 128, 127] }
            }
            #expect(error?.description.hasPrefix("rank 1 sent") == true)
            #expect(throws: LearningError.self) { try gather { $1 + [0] } }
        }
    }

    @Test("Rows whose numbers are none, or whose columns do not rise, are not taken")
    func badRows() throws {
        let sparse = (counts: [Int32(2), 1], indices: [Int32(0), 2, 1], values: [Float(1), 2, 3])
        func read(
            _ count: Int = 2,
            _ change: (inout (counts: [Int32], indices: [Int32], values: [Float])) -> Void
        ) throws(LearningError) -> KernelRows {
            var told = sparse
            change(&told)
            var writer = PieceWriter()
            writer.write(told.counts)
            writer.write(told.indices)
            writer.write(told.values)
            var reader = PieceReader(writer.bytes, rank: 4)
            let rows = KernelRows(columns: 3, isSparse: true)
            do throws(LearningError) { try reader.read(count, into: rows) } catch {
                #expect(rows.count == 0 && error.description.hasPrefix("rank 4 sent"))
                throw error
            }
            return rows
        }
        #expect(try read { _ in }.count == 2)
        #expect(throws: LearningError.self) { try read(3) { _ in } }
        #expect(throws: LearningError.self) { try read { $0.values[1] = .nan } }
        #expect(throws: LearningError.self) { try read { $0.values[1] = .infinity } }
        #expect(throws: LearningError.self) { try read { $0.indices = [2, 0, 1] } }
        #expect(throws: LearningError.self) { try read { $0.indices = [2, 2, 1] } }
        #expect(throws: LearningError.self) { try read { $0.indices = [-1, 2, 1] } }
        #expect(throws: LearningError.self) { try read { $0.indices = [0, 3, 1] } }
        #expect(throws: LearningError.self) { try read { $0.counts = [4, -1] } }
        #expect(throws: LearningError.self) { try read { $0.counts = [2, 2] } }
        #expect(throws: LearningError.self) { try read { $0.indices = [0, 1] } }
    }

    @Test("Of a rank only its own rows are taken, each once, and only those that are expected")
    func names() throws {
        func take(_ rows: [Int], into known: KnownRows) throws(LearningError) {
            var writer = PieceWriter()
            writer.write(rows)
            writer.write(rows.map { _ in Int32(1) })
            writer.write(rows.map { Float($0 & 7) })
            var reader = PieceReader(writer.bytes, rank: 1)
            try known.take(from: &reader, expected: [1 << 40 | 3, 1 << 40 | 4, 2 << 40 | 3])
        }
        let known = KnownRows(columns: 1, isSparse: false)
        try take([1 << 40 | 3], into: known)
        #expect(known[1 << 40 | 3] == 0 && known.rows.values == [3])
        for names in [
            [1 << 40 | 3], [1 << 40 | 4, 1 << 40 | 4], [2 << 40 | 3], [1 << 40 | 5], [-1],
        ] {
            #expect(throws: LearningError.self) { try take(names, into: known) }
        }
        try take([1 << 40 | 4], into: known)
        #expect(known.rows.count == 2)
    }

    @Test("A variable's α lies from 0 to its C, and its numbers are whole")
    func variables() {
        let good = [2.0, 7, 9, 1, 1.5, -0.25]
        func row(_ numbers: [Double]) -> WorkingRow? {
            WorkingRow(numbers[...], worldSize: 3, costs: [1.5, 0.5])
        }
        #expect(row(good)?.numbers == good)
        for (place, lie) in [
            (0, 3), (0, -1), (0, .nan), (1, 0.5), (1, .infinity), (2, 0x1p39), (2, -1), (3, 2),
            (3, 0), (4, 1.6), (4, -0.1), (4, .nan), (5, .infinity), (5, .nan),
        ] as [(Int, Double)] {
            var bad = good
            bad[place] = lie
            #expect(row(bad) == nil, "\(lie) in place \(place)")
        }
        #expect(row(Array(good.dropLast())) == nil)
    }

    @Test("A checkpoint whose rows are none is refused")
    func checkpoints() throws {
        let data = try KernelData(rows, numbers: (0..<90).map { $0 }, classes: 3)
        let meeting = KernelMeeting(LoneReducer())
        let solver = ExactKernelSolver(data, plan, meeting: meeting)
        for _ in 0..<4 { _ = try solver.advance() }
        let state = solver.state
        #expect(ExactKernelSolver(data, plan, meeting: meeting).restore(state))
        for place in state.vectors[0].indices where place % 6 < 5 {
            for lie in lies where lie != 0.5 || place % 6 != 4 {
                var bad = state
                bad.vectors[0][place] = lie
                #expect(!ExactKernelSolver(data, plan, meeting: meeting).restore(bad))
            }
        }
        var bad = state
        bad.rows[3] = .nan
        #expect(!ExactKernelSolver(data, plan, meeting: meeting).restore(bad))
    }
}
