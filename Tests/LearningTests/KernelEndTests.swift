import Domain
import Learning
import LinearAlgebra
import MeetingRanks
import RowSamples
import Testing

/// Counts the blocks that one rank solved.
private final class BlockCounter {
    var blocks = 0
}

@Suite("A cascade that ends before its time")
struct KernelEndTests {
    private let rows = overlapping(classes: 3, rows: 150)

    private var plan: KernelPlan {
        var plan = tightPlan(KernelFunction(kind: .rbf, gamma: 0.4), classes: 3)
        plan.blockRows = 4
        return plan
    }

    private func data(_ part: SampleRows) throws -> KernelData {
        try KernelData(part, numbers: (0..<Int32(part.rows)).map { $0 }, classes: 3)
    }

    /// Consecutive rows for each rank, so that all have rows of every class.
    private func parts(_ ranks: Int) -> [SampleRows] {
        (0..<ranks).map { rows.part(150 * $0 / ranks..<150 * ($0 + 1) / ranks) }
    }

    /// What became of a search that was to stop at once and then went on.
    private struct Stop: Sendable {
        var wishes: [Double]
        /// Blocks of this rank when it heard of the wish, and when the machine was made.
        var blocks: [Int] = []
        var supports = 0
        var primal: Double?
        /// The machine that was made early, and the one at the end.
        var words: [[Float]] = []
    }

    @Test("Who stops while ranks are by themselves waits for no block more", arguments: [1, 3])
    func local(ranks: Int) throws {
        let (parts, plan) = (parts(ranks), plan)
        let found = try RankThreads.run(ranks) { reducer in
            let counter = BlockCounter()
            let meeting = KernelMeeting(
                reducer,
                wish: { [reducer.rank == 0 ? 1 : 0] },
                tick: { counter.blocks += 1 }
            )
            let data = try data(parts[reducer.rank])
            let solver = CascadeKernelSolver(data, plan, meeting: meeting)
            _ = try solver.advance()
            var stop = Stop(wishes: meeting.wishes, blocks: [counter.blocks])
            let early = try solver.machine()
            stop.blocks.append(counter.blocks)
            (stop.supports, stop.primal) = (early.shape.supports, solver.report.primal)
            while try solver.advance() == .moved {}
            stop.words = [early.words, try solver.machine().words]
            return stop
        }
        let undisturbed = try kernelTrial(parts, plan, isCascade: true)[0]
        for stop in found {
            #expect(stop.wishes == [1])
            #expect((1...4).contains(stop.blocks[0]))
            #expect(stop.blocks[1] == stop.blocks[0])
            #expect(stop.supports > 0)
            #expect(stop.primal == nil)
            #expect(stop.words[0].map(\.bitPattern) == found[0].words[0].map(\.bitPattern))
            // It went on as though nobody had asked.
            #expect(stop.words[1] == undisturbed.words)
        }
    }

    @Test("Who stops while support vectors are merged does not wait, and goes on from before")
    func merge() throws {
        let (parts, plan) = (parts(3), plan)
        let undisturbed = try kernelTrial(parts, plan, isCascade: true)[0]
        let found = try RankThreads.run(3) { reducer in
            let data = try data(parts[reducer.rank])
            let meeting = KernelMeeting(reducer, wish: { [1] })
            let solver = CascadeKernelSolver(data, plan, meeting: meeting)
            solver.isInterruptedBy = { $0[0] > 0 }
            // Nothing else heeds it.
            while try solver.advance() == .moved {}
            let state = solver.state
            let early = try solver.machine()
            let isNoRound = solver.report.rounds == 0
            let other = CascadeKernelSolver(data, plan, meeting: KernelMeeting(reducer))
            let isRestored = other.restore(state)
            while try other.advance() == .moved {}
            return (
                isRestored && isNoRound, early.shape.supports, try other.machine().words
            )
        }
        for (isRight, supports, words) in found {
            #expect(isRight && supports > 0)
            #expect(words == undisturbed.words)
        }
    }

    @Test("The mean of the ranks' own machines is nearly as often right as the one at the end")
    func mean() throws {
        let rows = overlapping(classes: 2, rows: 150)
        var plan = plan
        plan.costs = [1, 1]
        let (early, end) = try RankThreads.run(3) { [plan] reducer in
            let part = rows.part(50 * reducer.rank..<50 * (reducer.rank + 1))
            let data = try KernelData(part, numbers: (0..<50).map { $0 }, classes: 2)
            let solver = CascadeKernelSolver(data, plan, meeting: KernelMeeting(reducer))
            for _ in 0..<3 { _ = try solver.advance() }
            let early = try solver.machine()
            let primal = solver.report.primal
            while try solver.advance() == .moved {}
            let end = try solver.machine()
            return (
                (words: early.words, shape: early.shape, primal: primal),
                (words: end.words, shape: end.shape)
            )
        }[0]
        #expect(early.primal == nil)
        let right = try accuracy(early.words, early.shape, of: rows)
        #expect(try right > 0.9 * accuracy(end.words, end.shape, of: rows))
    }

    private func accuracy(
        _ words: [Float],
        _ kernel: KernelShape,
        of rows: SampleRows
    ) throws -> Double {
        var shape = ModelShape(
            kind: .kernelSVM,
            columns: rows.columns,
            classes: 2,
            bias: .free,
            biasScale: 1
        )
        shape.kernel = kernel
        var sums = EvaluationSums(classes: 2)
        let scorer = makeScorer(shape, words: words)
        try rows.withRows(0..<rows.rows) { sums.add($0, by: scorer) }
        return try #require(sums.metrics(on: "training", by: shape).accuracy)
    }

    @Test("A limit of blocks is exceeded by fewer than there are ranks", arguments: [1, 3])
    func limit(ranks: Int) throws {
        let (parts, plan) = (parts(ranks), plan)
        let total = try kernelTrial(parts, plan, isCascade: true)[0].report.blocks
        for limit in [1, 2, 7, 20, total / 2, total - 5, total - 1] {
            let ends = try RankThreads.run(ranks) { reducer in
                var plan = plan
                plan.blocksMax = limit
                let data = try data(parts[reducer.rank])
                let solver = CascadeKernelSolver(data, plan, meeting: KernelMeeting(reducer))
                while solver.report.blocks < limit { _ = try solver.advance() }
                return solver.report
            }
            for end in ends {
                #expect(end.blocks < limit + ranks)
                #expect(end.blocks == ends[0].blocks)
            }
            #expect(limit < total - 1 || ends[0].rounds > 0)
        }
    }
}
