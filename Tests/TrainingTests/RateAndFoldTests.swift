import Domain
import Learning
import RowSamples
import Testing
import Training

@Suite("A rate found by trying")
struct RateTests {
    private func run(_ rows: SampleRows) -> TrialRun {
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.seed = 11
        run.spec.epochs = 6
        run.spec.optimizer.findsRate = true
        return run
    }

    @Test("All ranks choose the same rate, say why, and keep the trial with the run")
    func alike() throws {
        let records = try run(clouds(classes: 3, rows: 150, columns: 4, distance: 0.5)).run()
        for record in records {
            #expect(record.parameters == records[0].parameters)
            #expect(record.lines == records[0].lines)
            #expect(record.result.rateTrial == records[0].result.rateTrial)
        }
        let line = try #require(records[0].lines.first)
        #expect(line.contains("a third of"), "\(line)")
        let rates = records[0].result.rateTrial.map(\.rate)
        #expect(rates.count > 100 && rates.count <= 241)
        #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("Nothing of the trial stays: the run is that of the chosen rate, given")
    func traceless() throws {
        let rows = clouds(classes: 2, rows: 120, columns: 3, distance: 0.7)
        let tried = try run(rows).run()[0]
        // The rate in full, by the trial's own rule: a third of the rate with the least loss.
        let least = try #require(tried.result.rateTrial.min { $0.loss < $1.loss })
        var given = run(rows)
        given.spec.optimizer.findsRate = false
        given.spec.learningRate = least.rate / 3
        let record = try given.run()[0]
        #expect(record.parameters == tried.parameters)
        #expect(record.result.rateTrial.isEmpty)
    }

    @Test("A resumed run keeps the trial and the line")
    func resumed() throws {
        var run = run(clouds(classes: 3, rows: 150, columns: 4, distance: 0.5))
        run.spec.checkpointEvery = 5
        let undisturbed = try run.run()
        let checkpoint = try #require(undisturbed[1].checkpoints.first)
        run.checkpoint = try TrainingCheckpoint(bytes: checkpoint.bytes)
        for record in try run.run() {
            #expect(record.parameters == undisturbed[0].parameters)
            #expect(record.result.rateTrial == undisturbed[0].result.rateTrial)
            #expect(record.lines == undisturbed[0].lines)
        }
    }

    @Test("Where no rate lowers the loss the curvature's is taken, and that is said")
    func hopeless() throws {
        // Labels that have nothing to do with the one column, which is constant.
        let rows = SampleRows(
            [[Float]](repeating: [1], count: 60),
            classes: (0..<60).map { Int32($0 % 2) }
        )
        let record = try run(rows).run()[0]
        let line = try #require(record.lines.first)
        #expect(line.contains("no rate lowered the loss; from the curvature"), "\(line)")
    }
}

@Suite("Folds of a run")
struct FoldRunTests {
    private func record(_ rows: SampleRows, fold: Int, of count: Int) throws -> RankRecord {
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.seed = 3
        run.spec.epochs = 2
        run.spec.fold = Fold(index: fold, count: count)
        return try run.run()[0]
    }

    private func held(_ record: RankRecord, _ on: String) throws -> Int {
        try #require(record.result.metrics.first { $0.on == on }).rows
    }

    @Test("Over the folds every row is held out once, and trained on otherwise", arguments: [2, 5])
    func once(count: Int) throws {
        let rows = clouds(classes: 3, rows: 151, columns: 4, distance: 0.5)
        var sum = 0
        for fold in 0..<count {
            let record = try record(rows, fold: fold, of: count)
            let (held, trained) = try (held(record, "validation"), held(record, "training"))
            #expect(held + trained == 151)
            #expect(abs(held - 151 / count) <= 1)
            sum += held
        }
        #expect(sum == 151)
    }

    @Test("Rows with real labels are dealt as well")
    func real() throws {
        let record = try record(plane(rows: 90, columns: 3, noise: 0.1), fold: 1, of: 3)
        #expect(try held(record, "validation") == 30)
    }
}
