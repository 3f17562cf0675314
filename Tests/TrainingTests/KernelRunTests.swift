import Domain
import Learning
import RowSamples
import Testing
import Training

@Suite("Runs of kernel machines")
struct KernelRunTests {
    private func run(_ parts: [SampleRows], _ mode: KernelMode? = nil) -> TrialRun {
        var run = TrialRun(.svm, parts)
        var svm = SVMSpec()
        svm.kernel = .rbf
        svm.gamma = 0.3
        svm.mode = mode
        run.spec.svm = svm
        run.spec.seed = 3
        run.spec.tolerance = 1e-4
        return run
    }

    private func sample(_ classes: Int, isSparse: Bool = false) -> SampleRows {
        clouds(classes: classes, rows: 150, columns: 4, distance: 0.7, isSparse: isSparse)
    }

    @Test(
        "Ranks find the machine of one, alike to the last bit",
        arguments: [KernelMode.exact, .cascade],
        [2, 3]
    )
    func worlds(mode: KernelMode, classes: Int) throws {
        let rows = sample(classes)
        let alone = try run([rows]).run()[0]
        let records = try run(rows.overThreeRanks, mode).run()
        for record in records {
            #expect(record.result.outcome == .converged)
            #expect(
                record.parameters.map(\.bitPattern) == records[0].parameters.map(\.bitPattern)
            )
            #expect(record.shape == records[0].shape)
        }
        let (one, three) = (
            try #require(alone.result.svm?.dualObjective),
            try #require(records[0].result.svm?.dualObjective)
        )
        #expect(one < 0)
        #expect(abs(one - three) <= 1e-5 * abs(one))
        let objective = try #require(records[0].result.objective)
        #expect(abs(objective + three) <= 1e-3 * objective)
        #expect(try #require(records[0].result.svm?.gap) <= 1e-4)
        #expect(
            records[0].result.svm?.supportVectors == records[0].shape?.kernel?.supports
        )
        #expect(records[0].lines.first?.contains(mode.rawValue) == true)
        let metrics = try #require(records[0].result.metrics.last)
        #expect(try #require(metrics.accuracy) > 0.6)
    }

    @Test(
        "All ranks keep as many kernel values as the one with the least memory has room for",
        arguments: [KernelMode.exact, .cascade]
    )
    func memory(mode: KernelMode) throws {
        let rows = clouds(classes: 2, rows: 2400, columns: 4, distance: 0.7)
        var bounded = run(rows.overThreeRanks, mode)
        bounded.memoryLimit = (rank: 1, bytes: 1 << 20)
        let records = try bounded.run()
        let free = try run(rows.overThreeRanks, mode).run()[0]
        for record in records {
            #expect(record.result.outcome == .converged)
            #expect(
                record.parameters.map(\.bitPattern) == records[0].parameters.map(\.bitPattern)
            )
        }
        // Smaller blocks: another way to the same place.
        #expect(records[0].result.steps != free.result.steps)
        let (ours, theirs) = (
            try #require(records[0].result.svm?.dualObjective),
            try #require(free.result.svm?.dualObjective)
        )
        #expect(abs(ours - theirs) <= 1e-5 * abs(theirs))
    }

    @Test("Rows held out change nothing but what is measured on them")
    func heldOut() throws {
        let rows = sample(2)
        var split = run([rows])
        split.spec.validationSplit = 0.3
        let record = try split.run()[0]
        #expect(record.result.outcome == .converged)
        #expect(record.result.metrics.contains { $0.on == "validation" })
        // The same rows with others in the place of those that the trainer leaves out.
        let changed = rows.values.enumerated().map { row, values in
            var generator = SeededGenerator(seed: 3, 0x76616C, 0, UInt64(row))
            let isOut = Double(generator.next() >> 11) * 0x1p-53 < 0.3
            return isOut ? values.map { -3 * $0 } : values
        }
        #expect(changed != rows.values)
        var other = run([SampleRows(changed, classes: rows.classes ?? [])])
        other.spec.validationSplit = 0.3
        #expect(try other.run()[0].parameters == record.parameters)
    }

    @Test(
        "From any checkpoint, as bytes, a search goes on bit for bit",
        arguments: [KernelMode.exact, .cascade],
        [1, 3]
    )
    func resumes(mode: KernelMode, ranks: Int) throws {
        let rows = sample(3)
        var run = run(ranks == 1 ? [rows] : rows.overThreeRanks, mode)
        run.spec.checkpointEvery = 1
        let undisturbed = try run.run()
        let checkpoints = undisturbed[0].checkpoints
        #expect(!checkpoints.isEmpty)
        for checkpoint in checkpoints.prefix(6) {
            run.checkpoint = try TrainingCheckpoint(bytes: checkpoint.bytes)
            for record in try run.run() {
                #expect(record.parameters == undisturbed[0].parameters)
                #expect(record.result.objective == undisturbed[0].result.objective)
                #expect(record.lines == undisturbed[0].lines)
            }
        }
    }

    @Test(
        "All ranks stop where one was asked to, and go on from there",
        arguments: [KernelMode.exact, .cascade]
    )
    func stops(mode: KernelMode) throws {
        let rows = sample(3).overThreeRanks
        let undisturbed = try run(rows, mode).run()
        var run = run(rows, mode)
        run.stop = (rank: 1, step: 1)
        let records = try run.run()
        #expect(records.allSatisfy { $0.result.outcome == .stopped })
        #expect(Set(records.map { $0.result.steps }).count == 1)
        run.stop = nil
        run.checkpoint = records[0].checkpoints.last
        #expect(run.checkpoint != nil)
        #expect(try run.run()[0].parameters == undisturbed[0].parameters)
    }

    @Test(
        "Who stops while the machine is measured has the machine, and waits for no figure",
        arguments: [KernelMode.exact, .cascade]
    )
    func stopsMeasuring(mode: KernelMode) throws {
        // Enough rows on one rank for more than one look at them, and few enough in all for a
        // window that is never narrowed: nobody is asked after the last step but those who measure.
        let rows = clouds(classes: 2, rows: 1900, columns: 4, distance: 3)
        var run = run([rows.part(0..<1800), rows.part(1800..<1900)], mode)
        run.clocks = [0.3, 0.3]
        let undisturbed = try run.run()[0]
        #expect(!undisturbed.result.metrics.isEmpty)
        run.stop = (rank: 1, step: undisturbed.result.steps)
        for record in try run.run() {
            #expect(record.result.outcome == .converged)
            #expect(record.result.rule.hasSuffix("it was stopped while the model was measured"))
            #expect(record.result.metrics.isEmpty)
            #expect(record.parameters == undisturbed.parameters)
        }
    }

    @Test("The time limit of rank 0 ends all, with a machine of what was found")
    func time() throws {
        var run = run(sample(3).overThreeRanks)
        run.spec.maxTimeSeconds = 0.003
        for record in try run.run() {
            #expect(record.result.outcome == .limitReached)
            #expect(record.shape?.kernel != nil)
        }
    }

    @Test("Classes that weigh more have a larger C", arguments: [1, 3])
    func classWeights(ranks: Int) throws {
        let rows = sample(2)
        var run = run(ranks == 1 ? [rows] : rows.overThreeRanks)
        run.classWeights = [1, 5]
        let weighted = try run.run()[0]
        let words = weighted.parameters
        let kernel = try #require(weighted.shape?.kernel)
        let coefficients = words.suffix(kernel.supports + 1).dropLast()
        #expect(coefficients.contains(1))
        #expect(coefficients.allSatisfy { $0 <= 1 })
        #expect(try #require(coefficients.min()) < -1)
    }

    @Test("A scale that was asked for goes with the model", arguments: [false, true])
    func scale(isSparse: Bool) throws {
        let rows = clouds(
            classes: 2,
            rows: 120,
            columns: 4,
            distance: 0.7,
            isSparse: isSparse,
            unit: { $0 == 0 ? 1000 : 1 }
        )
        var scaled = run([rows])
        scaled.spec.weighing.scale = .standard
        let record = try scaled.run()[0]
        #expect(record.shape?.isScaled == true)
        let plain = try run([rows]).run()[0]
        let accuracy = try #require(record.result.metrics.last?.accuracy)
        #expect(accuracy > 0.6)
        // Where one column drowns the others every row is a support vector.
        #expect(
            try #require(record.result.svm?.supportVectors)
                < (try #require(plain.result.svm?.supportVectors))
        )
    }

    @Test("Rows that stay on their nodes are in no checkpoint")
    func hidden() throws {
        var run = run(sample(2).overThreeRanks)
        run.spec.checkpointEvery = 1
        run.localRowsMin = 5
        for record in try run.run() { #expect(record.checkpoints.isEmpty) }
    }

    @Test("A row counts a block of values once for all ranks' steps")
    func steps() throws {
        var run = run([sample(3)])
        run.spec.steps = 2
        let record = try run.run()[0]
        #expect(record.result.outcome == .limitReached)
        #expect(record.result.steps == 2)
        #expect(record.result.objective != nil)
    }

    /// A run of a cascade in blocks of a few rows, so that it takes many.
    private var smallBlocks: TrialRun {
        var run = run(sample(2).overThreeRanks, .cascade)
        run.spec.svm?.cacheBytes = 8192
        return run
    }

    @Test("A cascade takes fewer steps too many than it has ranks", arguments: [1, 10, 30])
    func cascadeSteps(limit: Int) throws {
        var run = smallBlocks
        #expect(try run.run()[0].result.steps > 33)
        run.spec.steps = limit
        for record in try run.run() {
            #expect(record.result.outcome == .limitReached)
            #expect((limit..<limit + 3).contains(record.result.steps))
            #expect(record.shape?.kernel != nil)
        }
    }

    @Test("A cascade that takes several steps at once keeps a checkpoint every so many")
    func cascadeCheckpoints() throws {
        var run = smallBlocks
        run.spec.checkpointEvery = 20
        let record = try run.run()[0]
        let kept = record.checkpoints.map { $0.step / 20 }
        #expect(kept.count >= record.result.steps / 20 - 1)
        #expect(kept.count >= 1)
        #expect(Set(kept).count == kept.count)
    }

    @Test("All ranks soon stop while ranks are by themselves, and go on from there")
    func stopsLocal() throws {
        var run = smallBlocks
        let undisturbed = try run.run()
        run.stop = (rank: 1, step: 1)
        let records = try run.run()
        for record in records {
            #expect(record.result.outcome == .stopped)
            // The wish comes in the second meeting, and every rank solves four blocks between two.
            #expect(record.result.steps <= 24)
            #expect(record.result.svm?.dualObjective == nil)
            #expect(record.parameters == records[0].parameters)
        }
        run.stop = nil
        run.checkpoint = records[0].checkpoints.last
        #expect(run.checkpoint != nil)
        #expect(try run.run()[0].parameters == undisturbed[0].parameters)
    }

    @Test(
        "A run that is asked to stop while it makes probabilities stops within two blocks",
        arguments: [KernelMode.exact, .cascade]
    )
    func stopsInFolds(mode: KernelMode) throws {
        var run = run(sample(2).overThreeRanks, mode)
        run.spec.tolerance = 1e-2
        let plain = try run.run()[0].result.steps
        run.spec.svm?.hasProbabilities = true
        let undisturbed = try run.run()[0]
        #expect(undisturbed.result.steps > plain + 10)
        #expect(undisturbed.shape?.kernel?.hasProbabilities == true)
        run.stop = (rank: 2, step: plain + 3)
        let record = try run.run()[0]
        #expect(record.result.outcome == .stopped)
        #expect((plain + 3...plain + 5).contains(record.result.steps))
        #expect(record.shape == nil)
        run.stop = nil
        run.checkpoint = record.checkpoints.last
        #expect(run.checkpoint != nil)
        #expect(try run.run()[0].parameters == undisturbed.parameters)
    }
}
