import Domain
import RowSamples
import Testing
import Training

/// A search by whole passes, with options that reach each of its solvers.
enum SolverCase: CaseIterable {
    case newton, newtonFree, conjugate, lbfgs, owlqn, hinge, squaredHinge, oneVsRest
    case crammerSinger, regression

    private var algorithm: Algorithm {
        switch self {
        case .newton, .newtonFree, .conjugate, .regression: .newton
        case .lbfgs, .owlqn: .lbfgs
        default: .svm
        }
    }

    var classes: Int {
        switch self {
        case .conjugate, .oneVsRest, .crammerSinger, .lbfgs: 3
        default: 2
        }
    }

    var rows: SampleRows {
        self == .regression
            ? plane(rows: 120, columns: 4, noise: 1)
            : clouds(classes: classes, rows: 150, columns: 5, distance: 0.6)
    }

    func run(_ parts: [SampleRows]) -> TrialRun {
        var run = TrialRun(algorithm, parts)
        run.spec.seed = 5
        run.spec.l2 = algorithm == .svm ? nil : 0.02
        run.spec.bias = [.newton, .hinge].contains(self) ? .feature : .free
        run.spec.tolerance = 1e-6
        if self == .owlqn { run.spec.l1 = 0.01 }
        guard algorithm == .svm else { return run }
        var svm = SVMSpec()
        svm.cost = 0.5
        svm.loss = self == .squaredHinge ? .squaredHinge : .hinge
        svm.multiclass = self == .crammerSinger ? .crammerSinger : .oneVsRest
        run.spec.svm = svm
        return run
    }
}

@Suite("Newton, L-BFGS and linear machines over ranks")
struct SolverTests {
    @Test("Three ranks find what one finds, alike to the last bit", arguments: SolverCase.allCases)
    func worlds(solver: SolverCase) throws {
        let rows = solver.rows
        let alone = try #require(try solver.run([rows]).run().first)
        let records = try solver.run(rows.overThreeRanks).run()
        #expect(alone.result.outcome == .converged)
        for record in records {
            #expect(record.parameters == records[0].parameters)
            #expect(record.result.steps == records[0].result.steps)
        }
        let (one, three) = (
            try #require(alone.result.objective), try #require(records[0].result.objective)
        )
        // Both are within the tolerance of the same minimum.
        #expect(abs(one - three) <= 2e-6 * one)
        #expect(try #require(records[0].result.certifiedGap) <= 1e-6)
        #expect(records[0].result.rule.contains("certified"))
        let again = try solver.run(rows.overThreeRanks).run()
        #expect(again[0].parameters == records[0].parameters)
    }

    @Test(
        "From any checkpoint, as bytes, a search goes on bit for bit",
        arguments: SolverCase.allCases
    )
    func resumes(solver: SolverCase) throws {
        var run = solver.run(solver.rows.overThreeRanks)
        run.spec.checkpointEvery = 2
        let undisturbed = try run.run()
        let checkpoints = undisturbed[1].checkpoints
        // A quadratic is minimised in one step.
        #expect(solver == .regression || !checkpoints.isEmpty)
        for checkpoint in checkpoints {
            #expect(checkpoint.step % 2 == 0)
            run.checkpoint = try TrainingCheckpoint(bytes: checkpoint.bytes)
            #expect(run.checkpoint == checkpoint)
            for record in try run.run() {
                #expect(record.parameters == undisturbed[0].parameters)
                #expect(record.result.steps == undisturbed[0].result.steps)
                #expect(record.result.objective == undisturbed[0].result.objective)
                #expect(record.lines == undisturbed[0].lines)
            }
        }
    }

    @Test(
        "All ranks stop where one was asked to, and go on from there",
        arguments: [
            SolverCase.newton, .conjugate, .lbfgs, .hinge, .crammerSinger,
        ]
    )
    func stops(solver: SolverCase) throws {
        let undisturbed = try solver.run(solver.rows.overThreeRanks).run()
        var run = solver.run(solver.rows.overThreeRanks)
        run.stop = (rank: 1, step: 2)
        let records = try run.run()
        #expect(records.allSatisfy { $0.result.outcome == .stopped })
        #expect(Set(records.map { $0.result.steps }).count == 1)
        #expect((2...3).contains(records[0].result.steps))
        run.stop = nil
        run.checkpoint = records[0].checkpoints.last
        #expect(run.checkpoint != nil)
        #expect(try run.run()[0].parameters == undisturbed[0].parameters)
    }

    @Test("The time limit of rank 0 ends all")
    func time() throws {
        var run = SolverCase.hinge.run(SolverCase.hinge.rows.overThreeRanks)
        run.spec.maxTimeSeconds = 0.01
        for record in try run.run() {
            #expect(record.result.outcome == .limitReached)
            #expect(record.result.rule == "the time was up")
        }
    }

    @Test("Machines tell their gap on the way and their dual at the end")
    func figures() throws {
        let records = try SolverCase.hinge.run(SolverCase.hinge.rows.overThreeRanks).run()
        let result = records[0].result
        let figures = try #require(result.svm)
        let primal = try #require(result.objective)
        let dual = try #require(figures.dualObjective)
        #expect(dual < 0 && primal + dual >= 0 && primal + dual <= 1e-6 * primal)
        #expect(figures.rounds == result.steps)
        #expect((1...150).contains(try #require(figures.supportVectors)))
        let gaps = records[0].progress.compactMap(\.gap)
        #expect(gaps.count == records[0].progress.count)
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test("A run says how often its ranks met: three times an iteration of the interior point")
    func meetings() throws {
        func waits(_ steps: Int) throws -> Int {
            var run = SolverCase.hinge.run(SolverCase.hinge.rows.overThreeRanks)
            run.spec.steps = steps
            let results = try run.run().map(\.result)
            #expect(Set(results.map { $0.traffic?.waits }).count == 1)
            return try #require(results[0].traffic).waits
        }
        #expect(try waits(4) - waits(2) == 6)
    }

    @Test("Rows held out are measured, not learned from")
    func validation() throws {
        var run = SolverCase.newtonFree.run([SolverCase.newtonFree.rows])
        run.spec.validationSplit = 0.3
        let result = try run.run()[0].result
        let counts = result.metrics.map(\.rows)
        #expect(result.metrics.map(\.on) == ["validation", "training"])
        #expect(counts.reduce(0, +) == 150 && counts[0] > 20)
    }

    @Test("A checkpoint of other ranks is refused")
    func foreign() throws {
        var run = SolverCase.hinge.run(SolverCase.hinge.rows.overThreeRanks)
        run.spec.checkpointEvery = 2
        let checkpoint = try #require(try run.run()[0].checkpoints.first)
        var other = SolverCase.hinge.run([SolverCase.hinge.rows])
        other.checkpoint = checkpoint
        #expect(throws: TrainingError.self) { try other.run() }
    }
}
