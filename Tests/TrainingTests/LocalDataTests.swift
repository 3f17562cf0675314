import Domain
import Learning
import RowSamples
import Testing
import Training

@Suite("Training where rows stay, and where they do not fit in memory")
struct LocalDataTests {
    private let rows = clouds(classes: 2, rows: 1200, columns: 6, distance: 1)

    @Test(
        "A rank that would sum over too few rows ends the run, and is named",
        arguments: [(Algorithm.sgd, 64), (.sgd, nil), (.gd, nil)] as [(Algorithm, Int?)]
    )
    func few(algorithm: Algorithm, batch: Int?) throws {
        var run = TrialRun(
            algorithm,
            [rows.part(0..<1000), rows.part(1000..<1031), rows.part(1031..<1200)]
        )
        run.spec.batch = batch
        run.localRowsMin = 32
        let expected = TrainingError.fewRows(
            rank: batch == nil ? 1 : 0,
            rows: 31,
            min: 32
        )
        let error = #expect(throws: TrainingError.self) { try run.run() }
        if batch == nil {
            #expect(error == expected)
        } else {
            guard case .fewRows(_, let rows, 32)? = error, rows < 32 else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        run.localRowsMin = 0
        run.spec.epochs = 2
        _ = try run.run()
    }

    @Test("A batch that was chosen is widened until every rank's sum is over enough rows")
    func widened() throws {
        var run = TrialRun(
            .sgd,
            [rows.part(0..<600), rows.part(600..<680), rows.part(680..<1200)]
        )
        run.localRowsMin = 32
        let record = try run.run()[0]
        // 80 rows make two steps of 40 an epoch; all rows in two steps are 600 a step.
        #expect(record.lines[0].contains("batch 600"))
        #expect(record.result.outcome == .converged)
        run.localRowsMin = 0
        let other = try run.run()[0]
        #expect(other.lines[0].contains("batch 16 "))
        let accuracies = [record, other].compactMap { $0.result.metrics.last?.accuracy }
        #expect(abs(accuracies[0] - accuracies[1]) < 0.01)
    }

    @Test("Rows taken window by window lead to the same place, and the choices say so")
    func windows() throws {
        var run = TrialRun(.sgd, rows.overThreeRanks)
        let whole = try run.run()[0]
        run.windowRows = 64
        let windowed = try run.run()[0]
        #expect(windowed.lines[0].contains("in windows of 64"))
        #expect(!whole.lines[0].contains("window"))
        #expect(windowed.parameters != whole.parameters)
        let (one, other) = (try #require(whole.result.objective), windowed.result.objective ?? 0)
        // Both end at a plateau, whose tolerance is a thousandth.
        #expect(abs(one - other) < 5e-3 * one)
        #expect(try run.run()[0].parameters == windowed.parameters)
    }

    @Test("A run that takes windows goes on from a checkpoint bit for bit")
    func resumes() throws {
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.windowRows = 50
        run.spec.epochs = 3
        run.spec.checkpointEvery = 50
        let undisturbed = try run.run()
        let checkpoint = try #require(undisturbed[0].checkpoints.first)
        run.checkpoint = checkpoint
        #expect(try run.run()[2].parameters == undisturbed[0].parameters)
    }

    @Test(
        "A machine whose state holds numbers of single rows tells none of them where rows stay",
        arguments: [32, 0]
    )
    func machines(localRowsMin: Int) throws {
        var run = TrialRun(.svm, rows.overThreeRanks)
        run.localRowsMin = localRowsMin
        run.spec.checkpointEvery = 2
        let records = try run.run()
        #expect(records.allSatisfy { $0.result.outcome == .converged })
        #expect(records.allSatisfy { $0.checkpoints.isEmpty == (localRowsMin > 0) })
    }
}
