import Domain
import Foundation
import Learning
import LinearAlgebra
import MeetingRanks
import RowSamples
import Testing

/// What became of a kernel machine on one rank.
struct KernelTrial: Sendable {
    var report: KernelReport
    var shape: KernelShape
    var words: [Float]
    var values = 0
}

/// Searches over ranks, each on a thread of its own.
func kernelTrial(
    _ parts: [SampleRows],
    _ plan: KernelPlan,
    isCascade: Bool = false
) throws -> [KernelTrial] {
    try RankThreads.run(parts.count) { reducer in
        let rows = parts[reducer.rank]
        let data = try KernelData(
            rows,
            numbers: (0..<Int32(rows.rows)).map { $0 },
            classes: plan.costs.count
        )
        let meeting = KernelMeeting(reducer)
        let exact = ExactKernelSolver(data, plan, meeting: meeting)
        let solver: any KernelSolver =
            isCascade ? CascadeKernelSolver(data, plan, meeting: meeting) : exact
        while try solver.advance() == .moved {}
        let machine = try solver.machine()
        return KernelTrial(
            report: solver.report,
            shape: machine.shape,
            words: machine.words,
            values: exact.kernelValues
        )
    }
}

let sampleFunctions = [
    KernelFunction(kind: .linear),
    KernelFunction(kind: .rbf, gamma: 0.4),
    KernelFunction(kind: .poly, gamma: 0.5, degree: 3, coef0: 0.3),
    KernelFunction(kind: .sigmoid, gamma: 0.2, coef0: 0.1),
]

/// A plan to a tighter end than is usual, so that objectives can be compared.
func tightPlan(_ function: KernelFunction, classes: Int) -> KernelPlan {
    var plan = KernelPlan(function: function, costs: (0..<classes).map { 1 + 0.5 * Double($0) })
    plan.tolerance = 1e-4
    return plan
}

extension SampleRows {
    /// The rows dealt to some ranks in turn; the last of four gets a single one.
    func dealt(_ ranks: Int) -> [SampleRows] {
        let own = ranks > 3 ? ranks - 1 : ranks
        return (0..<ranks).map { rank in
            let most = ranks > 3 ? rows - 1 : rows
            let numbers = rank < own ? Array(stride(from: rank, to: most, by: own)) : [rows - 1]
            return SampleRows(
                numbers.map { values[$0] },
                isSparse: isSparse,
                classes: numbers.map { (classes ?? [])[$0] }
            )
        }
    }
}

@Suite("The search for a kernel machine")
struct KernelSolverTests {
    @Test(
        "It ends at the optimum that a naive search finds",
        arguments: sampleFunctions,
        [false, true]
    )
    func optimum(function: KernelFunction, isSparse: Bool) throws {
        let rows = overlapping(classes: 3, rows: 90, isSparse: isSparse)
        let plan = tightPlan(function, classes: 3)
        let trial = try #require(try kernelTrial([rows], plan).first)
        let dual = naiveDual(function, rows, costs: plan.costs)
        #expect(try #require(trial.report.gap) <= 1e-4)
        // The sigmoid is no inner product: its dual has several ends, its primal no meaning.
        guard function.kind != .sigmoid else { return }
        // Violations of 1e-4 over some 60 multipliers, and kernel values in Float.
        #expect(abs(trial.report.dual - dual) <= 1e-5 * abs(dual))
        let primal = try #require(trial.report.primal)
        #expect(primal + trial.report.dual >= -1e-5 * primal)
        #expect(primal + trial.report.dual <= 1e-3 * primal)
    }

    @Test(
        "Any number of ranks finds what one finds, alike to the last bit on all",
        arguments: [2, 3, 4],
        [false, true]
    )
    func ranks(ranks: Int, isSparse: Bool) throws {
        let rows = overlapping(classes: 3, rows: 120, isSparse: isSparse)
        var plan = tightPlan(sampleFunctions[1], classes: 3)
        plan.blockRows = 16
        plan.narrowFrom = 40
        let alone = try kernelTrial([rows], plan)[0]
        let trials = try kernelTrial(rows.dealt(ranks), plan)
        #expect(trials.count == ranks)
        for trial in trials {
            #expect(trial.words.map(\.bitPattern) == trials[0].words.map(\.bitPattern))
            #expect(trial.shape == trials[0].shape)
        }
        #expect(abs(trials[0].report.dual - alone.report.dual) <= 1e-5 * abs(alone.report.dual))
    }

    @Test(
        "A cascade ends at the optimum too, alike to the last bit on all ranks",
        arguments: [1, 2, 3, 4],
        [false, true]
    )
    func cascade(ranks: Int, isSparse: Bool) throws {
        let rows = overlapping(classes: 3, rows: 150, isSparse: isSparse)
        var plan = tightPlan(sampleFunctions[1], classes: 3)
        plan.blockRows = 16
        let trials = try kernelTrial(rows.dealt(ranks), plan, isCascade: true)
        for trial in trials {
            #expect(trial.words.map(\.bitPattern) == trials[0].words.map(\.bitPattern))
            #expect(trial.report.rounds >= 1)
        }
        let alone = try kernelTrial([rows], plan)[0]
        #expect(abs(trials[0].report.dual - alone.report.dual) <= 1e-5 * abs(alone.report.dual))
        #expect(try #require(trials[0].report.gap) <= 1e-4)
    }

    @Test("The same search gives the same bits")
    func determinism() throws {
        let rows = overlapping(classes: 2, rows: 150)
        let plan = tightPlan(sampleFunctions[1], classes: 2)
        let first = try kernelTrial(rows.dealt(2), plan)[0]
        let second = try kernelTrial(rows.dealt(2), plan)[0]
        #expect(first.words == second.words)
        #expect(first.report == second.report)
    }

    @Test("Kernel values kept within a few bytes change not a bit", arguments: [1, 2, 3])
    func smallCache(ranks: Int) throws {
        let rows = overlapping(classes: 3, rows: 120)
        var plan = tightPlan(sampleFunctions[1], classes: 3)
        plan.blockRows = 8
        plan.narrowFrom = nil
        let roomy = try kernelTrial(rows.dealt(ranks), plan)[0]
        // Four blocks of eight rows with eighty others.
        plan.cacheBytes = 4 * 8 * 80 * 4
        let tight = try kernelTrial(rows.dealt(ranks), plan)[0]
        #expect(tight.words == roomy.words)
        #expect(tight.values > roomy.values)
        plan.cacheBytes = 1
        let least = try kernelTrial(rows.dealt(ranks), plan)[0]
        #expect(abs(least.report.dual - roomy.report.dual) <= 1e-5 * abs(roomy.report.dual))
    }

    @Test("Leaving out what is sure to stay leads to the same optimum", arguments: [1, 3])
    func shrinking(ranks: Int) throws {
        let rows = overlapping(classes: 2, rows: 400)
        var plan = KernelPlan(function: sampleFunctions[1], costs: [1, 1])
        plan.tolerance = 1e-4
        plan.blockRows = 8
        plan.narrowFrom = nil
        let whole = try kernelTrial(rows.dealt(ranks), plan)[0]
        plan.narrowFrom = 2
        let narrowed = try kernelTrial(rows.dealt(ranks), plan)[0]
        #expect(abs(narrowed.report.dual - whole.report.dual) <= 1e-5 * abs(whole.report.dual))
        // It did leave something out, and took it up again without starting anew.
        #expect(narrowed.report.blocks != whole.report.blocks || narrowed.values != whole.values)
        #expect(Double(narrowed.values) <= 1.5 * Double(whole.values))
    }

    @Test("A class without rows is no obstacle", arguments: [1, 2])
    func emptyClass(ranks: Int) throws {
        let sample = overlapping(classes: 2, rows: 40)
        let rows = SampleRows(sample.values, classes: (sample.classes ?? []).map { 2 * $0 })
        let plan = KernelPlan(function: sampleFunctions[1], costs: [1, 1, 1])
        let trial = try kernelTrial(rows.dealt(ranks), plan)[0]
        #expect(trial.shape.supportsOfClasses[1] == 0)
        // f is +1 where the first of the pair alone has rows, −1 where the second.
        #expect(Array(trial.words.suffix(3))[0] == -1)
        #expect(Array(trial.words.suffix(3))[2] == 1)
    }

    @Test("A tolerance below the last digits ends where nothing more is won", arguments: [1, 2])
    func idle(ranks: Int) throws {
        let rows = overlapping(classes: 2, rows: 60)
        var plan = tightPlan(sampleFunctions[1], classes: 2)
        let tight = try kernelTrial(rows.dealt(ranks), plan)[0]
        plan.tolerance = 1e-18
        for isCascade in [false, true] {
            let trial = try kernelTrial(rows.dealt(ranks), plan, isCascade: isCascade)[0]
            let gap = try #require(trial.report.gap)
            #expect(gap > 1e-18 && gap < 1e-6)
            #expect(trial.report.dual <= tight.report.dual)
        }
    }

    @Test("Kernel values that are no finite numbers end the search", arguments: [1, 2])
    func overflow(ranks: Int) throws {
        let rows = overlapping(classes: 2, rows: 40)
        let function = KernelFunction(kind: .poly, gamma: 1e4, degree: 16)
        let plan = tightPlan(function, classes: 2)
        #expect(throws: LearningError.kernelNotFinite) {
            try kernelTrial(rows.dealt(ranks), plan)
        }
    }

    @Test("The scale of a kernel is that of all values of all ranks", arguments: [false, true])
    func gamma(isSparse: Bool) throws {
        let rows = overlapping(classes: 2, rows: 50, isSparse: isSparse)
        let values = rows.values.joined().map(Double.init)
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        for ranks in 1...3 {
            let parts = rows.dealt(ranks)
            let found = try RankThreads.run(ranks) { reducer in
                let part = parts[reducer.rank]
                let numbers = (0..<Int32(part.rows)).map { $0 }
                let data = try KernelData(part, numbers: numbers, classes: 2)
                return try data.scaleGamma(KernelMeeting(reducer))
            }
            for gamma in found { #expect(abs(gamma * 6 * variance - 1) <= 1e-12) }
        }
    }
}
