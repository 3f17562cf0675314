import Domain
import Learning
import RowSamples
import Testing
import Training

@Suite("How a run ends, and how it goes on")
struct EndTests {
    private let rows = clouds(classes: 3, rows: 150, columns: 4, distance: 0.5)

    private func run(_ algorithm: Algorithm = .sgd) -> TrialRun {
        var run = TrialRun(algorithm, rows.overThreeRanks)
        run.spec.seed = 5
        run.spec.epochs = 12
        run.spec.tolerance = 1e-9
        return run
    }

    @Test(
        "From any checkpoint, as bytes, a run goes on bit for bit",
        arguments: [Algorithm.sgd, .gd]
    )
    func resumes(algorithm: Algorithm) throws {
        var run = run(algorithm)
        run.spec.checkpointEvery = 4
        let undisturbed = try run.run()
        let checkpoints = undisturbed[1].checkpoints
        #expect(checkpoints.count >= 2)
        #expect(checkpoints.allSatisfy { $0.step > 0 && $0.step % 4 == 0 })
        for checkpoint in checkpoints {
            run.checkpoint = try TrainingCheckpoint(bytes: checkpoint.bytes)
            #expect(run.checkpoint == checkpoint)
            for record in try run.run() {
                #expect(record.parameters == undisturbed[0].parameters)
                #expect(record.result.steps == undisturbed[0].result.steps)
                #expect(record.result.outcome == undisturbed[0].result.outcome)
                #expect(record.lines == undisturbed[0].lines)
            }
        }
    }

    @Test("While the rate rises no plateau ends a run, and once it has risen one does")
    func warmup() throws {
        var run = run()
        run.spec.schedule = .constant
        run.spec.epochs = 200
        // Whatever an epoch gains is too little.
        run.spec.tolerance = 0.9
        let plain = try run.run()[0]
        #expect(plain.result.outcome == .converged)
        run.spec.optimizer.warmupEpochs = 60
        let rising = try run.run()[0]
        #expect(rising.result.outcome == .converged)
        #expect(rising.result.epochs == plain.result.epochs + 60)
        run.spec.optimizer.warmupEpochs = 1e9
        #expect(try run.run()[0].result.outcome == .limitReached)
    }

    @Test(
        "All ranks stop at the step at which one was asked to, and can go on from there",
        arguments: [Algorithm.sgd, .gd]
    )
    func stops(algorithm: Algorithm) throws {
        let undisturbed = try run(algorithm).run()
        var stopped = run(algorithm)
        stopped.stop = (rank: 2, step: 5)
        let records = try stopped.run()
        #expect(records.allSatisfy { $0.result.outcome == .stopped })
        #expect(Set(records.map { $0.result.steps }).count == 1)
        #expect((5...7).contains(records[0].result.steps))
        let last = try #require(records[0].checkpoints.last)
        #expect(
            records.allSatisfy { record in
                var theirs = record.checkpoints.last
                theirs?.seconds = last.seconds
                return theirs == last
            }
        )
        var resumed = run(algorithm)
        resumed.checkpoint = last
        #expect(try resumed.run()[0].parameters == undisturbed[0].parameters)
    }

    @Test("The clock of rank 0 alone decides when the time is up", arguments: [Algorithm.sgd, .gd])
    func time(algorithm: Algorithm) throws {
        var run = run(algorithm)
        run.spec.maxTimeSeconds = 1
        run.clocks = [0.05, 100, 0]
        let records = try run.run()
        #expect(records.allSatisfy { $0.result.outcome == .limitReached })
        #expect(records.allSatisfy { $0.result.rule == "the time was up" })
        #expect(Set(records.map { $0.result.steps }).count == 1)
        #expect(records[0].result.steps > 0)
    }

    @Test(
        "A step at which a run ends leaves no checkpoint: from there it would go too far",
        arguments: [Algorithm.sgd, .gd, .newton]
    )
    func ends(algorithm: Algorithm) throws {
        var run = run(algorithm)
        run.spec.epochs = 1_000
        run.spec.checkpointEvery = 2
        run.spec.steps = 4
        let whole = try run.run()[0]
        #expect(whole.result.rule == "4 steps")
        #expect(whole.checkpoints.map(\.step) == [2])
        run.checkpoint = whole.checkpoints.last
        let resumed = try run.run()[0]
        #expect(resumed.parameters == whole.parameters)
        #expect(resumed.result.steps == 4)
    }

    @Test("Steps and epochs are limits", arguments: [Algorithm.sgd, .gd])
    func limits(algorithm: Algorithm) throws {
        var run = run(algorithm)
        run.spec.steps = 7
        let record = try run.run()[0]
        #expect(record.result.outcome == .limitReached)
        #expect(record.result.steps == 7)
        #expect(record.result.rule == "7 steps")
        run.spec.steps = nil
        run.spec.epochs = 2
        #expect(try run.run()[0].result.epochs == 2)
    }

    @Test(
        "A rate far too large ends as diverged, with the step and a lower rate to try",
        arguments: [false, true]
    )
    func diverges(isReal: Bool) throws {
        let rows = isReal ? plane(rows: 90, columns: 3, noise: 1) : rows
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.learningRate = 1000
        let records = try run.run()
        for record in records {
            #expect(record.result.outcome == .diverged)
            #expect(record.result.rule.hasSuffix("try --lr 100.0"))
            let cause = try #require(record.result.cause)
            #expect((cause.step ?? 0) > 0)
            #expect(cause.reason.contains("non_finite"))
            #expect(record.parameters.isEmpty)
        }
    }

    @Test("A rank whose numbers go bad is named by all, with the step", arguments: 0..<20)
    func nonFinite(seed: Int) throws {
        var run = run()
        run.spec.learningRate = 0.1
        run.poison = (rank: seed % 3, read: 30 + 11 * seed)
        let records = try run.run()
        let first = try #require(records[0].result.cause)
        #expect((first.step ?? 0) > 0)
        for record in records {
            #expect(record.result.outcome == .diverged)
            #expect(record.result.cause == first)
            #expect(record.result.cause?.rank == Rank(seed % 3))
            #expect(record.result.cause?.reason.hasPrefix("non_finite") == true)
            #expect(record.parameters.isEmpty)
        }
    }

    @Test("A checkpoint of another shape is refused", arguments: [Algorithm.sgd, .gd])
    func foreign(algorithm: Algorithm) throws {
        var run = run(algorithm)
        run.spec.checkpointEvery = 2
        let checkpoint = try #require(try run.run()[0].checkpoints.first)
        run.parts = clouds(classes: 3, rows: 30, columns: 5, distance: 1).overThreeRanks
        run.checkpoint = checkpoint
        #expect(throws: TrainingError.foreignCheckpoint(reason: "it has 4 columns, the data 5")) {
            try run.run()
        }
        run.parts = rows.overThreeRanks
        run.spec.algorithm = algorithm == .sgd ? .gd : .sgd
        #expect(throws: TrainingError.self) { try run.run() }
    }

    @Test("Progress rises, rank by rank alike")
    func progress() throws {
        let records = try run().run()
        let points = records[0].progress
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.step <= $1.step })
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.epoch < $1.epoch })
        #expect(points.last?.epoch == 12)
        #expect(points.last?.epochsMax == 12)
        #expect(records[2].progress.map(\.loss) == points.map(\.loss))
        #expect((points.last?.loss ?? 9) < (points.first?.loss ?? 0))
    }
}
