import ControlAPI
import Domain
import Testing

@testable import Daemon

@Suite("What a sweep may ask for, and how it is told")
struct SweepCheckTests {
    private func manifest(_ counts: [Int]) -> DatasetManifest {
        sampleManifest(counts.enumerated().map { ("k\($0)", $1) }, name: "toys")
    }

    private func spec(folds: Int) -> RunSpec {
        var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "toys"))
        spec.fold = Fold(index: 0, count: folds)
        return spec
    }

    @Test("Folds that can be measured are accepted", arguments: [[20, 20], [38, 2], []])
    func accepted(counts: [Int]) throws {
        try checkFolds(of: spec(folds: 2), on: manifest(counts))
    }

    @Test("A fold with a single class is refused, with the class and what to do")
    func singleClass() {
        let error = #expect(throws: RunSpecError.self) {
            try checkFolds(of: spec(folds: 5), on: manifest([37, 3]))
        }
        #expect(error?.description == "--folds: fold 1 would hold the single class 'k0'")
        #expect(error?.hint == "use fewer folds: the rarest class has 3 rows")
    }

    @Test("Folds beside another validation, or too many of them, are refused")
    func refused() {
        var split = spec(folds: 2)
        split.validationSplit = 0.2
        #expect(throws: RunSpecError.self) { try checkFolds(of: split, on: manifest([20, 20])) }
        for folds in [1, 21, 101] {
            #expect(throws: RunSpecError.self) {
                try checkFolds(of: spec(folds: folds), on: manifest([20, 20]))
            }
        }
    }

    private func run(_ trial: Int, _ outcome: Outcome?, _ score: Double?) -> RunRecord {
        var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "toys"))
        let id = SweepID(checked: "s-aa")
        spec.sweep = SweepTag(sweep: id, trial: trial, options: "lr=\(trial)")
        let plan = RunPlan(
            run: RunID(checked: "r-\(trial)"),
            tenant: .default,
            generation: Generation(1),
            coordinator: NodeID(checked: "a"),
            seats: [],
            dataset: ContentHash(bytes: [UInt8](repeating: 7, count: 32))
        )
        var record = RunRecord(
            id: plan.run,
            tenant: .default,
            spec: spec,
            plan: plan,
            startedBy: 1,
            startedAt: Double(trial)
        )
        guard let outcome else { return record }
        record.status = .ended
        var result = RunResult(outcome: outcome, rule: "")
        var held = Metrics(on: "validation", rows: 10)
        held.accuracy = score
        held.logLoss = score.map { 1 - $0 }
        result.metrics = [held]
        record.result = result
        return record
    }

    @Test("The document says how each trial stands and which is best")
    func document() {
        let spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "toys"))
        var record = SweepRecord(
            id: SweepID(checked: "s-aa"),
            spec: SweepSpec(
                trials: (1...6).map { SweepTrial(options: "lr=\($0)", spec: spec) }
            ),
            coordinator: NodeID(checked: "a"),
            caller: Caller(uid: 1, tenant: .default, role: .member),
            startedAt: 0
        )
        record.spec.metric = .accuracy
        record.behind = [3]
        let runs = [
            run(1, .converged, 0.7), run(2, .diverged, nil), run(3, .stopped, 0.99),
            run(4, nil, nil), run(5, .limitReached, 0.9),
        ]
        let document = SweepDocument(record, runs: runs)
        #expect(
            document.trials.map(\.state) == [
                "measured", "diverged", "behind", "running", "measured", "waiting",
            ]
        )
        #expect(document.best == 5)
        #expect(document.trials[4].score == 0.9)
        #expect(document.finished == 4)
        #expect(document.status == .running)
        record.spec.metric = .logLoss
        let losses = SweepDocument(record, runs: runs)
        #expect(abs((losses.trials[0].score ?? 0) - 0.3) < 1e-12, "less is better, shown as it is")
        #expect(losses.best == 5)
    }
}
