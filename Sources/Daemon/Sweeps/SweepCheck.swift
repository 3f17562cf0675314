import ControlAPI
import Domain
import Learning

/// Folds at most: beyond, each holds too few rows to say anything.
private let foldsMax = 100
/// Runs of one sweep at most: a node lists its last thousand.
private let runsMax = 512

extension SweepKeeper {
    /// The sweep as it will be led; refused where any of its trials would be.
    func checked(_ asked: SweepSpec, for caller: Caller) async throws(RPCError) -> SweepSpec {
        var spec = asked
        guard let first = spec.trials.first else {
            throw RPCError(.badUsage, "there is nothing to try", hint: "give --grid or --random")
        }
        guard spec.trials.count <= SweepSpec.trialsMax else {
            throw RPCError(
                .badUsage,
                "\(spec.trials.count) trials are more than \(SweepSpec.trialsMax)",
                hint: "try fewer values, or --random with fewer draws"
            )
        }
        let runs = spec.trials.count * (spec.folds ?? 1)
        guard runs <= runsMax else {
            throw RPCError(
                .badUsage,
                "\(spec.trials.count) trials on \(spec.folds ?? 1) folds are \(runs) runs, over "
                    + "\(runsMax)",
                hint: "try fewer values or folds"
            )
        }
        guard (1...16).contains(spec.parallel) else {
            throw RPCError(.badUsage, "--parallel: 1 to 16 runs at a time, not \(spec.parallel)")
        }
        if spec.isHalving, ![.sgd, .gd].contains(first.spec.algorithm) {
            throw RPCError(
                .badUsage,
                "--halving: compares the loss after as many epochs; "
                    + "\(first.spec.algorithm.rawValue) has none",
                hint: "add --no-halving"
            )
        }
        let supervisor = directory.supervisor
        for (place, trial) in spec.trials.enumerated() {
            do throws(RPCError) {
                _ = try await supervisor.draft(withFold(trial.spec, of: spec), for: caller)
            } catch {
                var refusal = error
                refusal.message = "trial \(place + 1) (\(trial.options)): \(error.message)"
                throw refusal
            }
        }
        let dataset = try await supervisor.world.data.dataset(first.spec.dataset, for: caller)
        spec.metric = spec.metric ?? defaultMetric(for: dataset.labels)
        if let metric = spec.metric {
            try refusing { () throws(RunSpecError) in
                try checkComparison(by: metric, of: first.spec, on: dataset)
            }
        }
        if let name = spec.name, await supervisor.world.data.hasModel(name, for: caller) {
            throw RPCError(
                .conflict,
                "a model called '\(name)' exists",
                hint: "choose another --name"
            )
        }
        return spec
    }

    private func withFold(_ trial: RunSpec, of sweep: SweepSpec) -> RunSpec {
        guard let folds = sweep.folds else { return trial }
        var spec = trial
        spec.fold = Fold(index: 0, count: folds)
        return spec
    }
}

/// Checks that every fold can be measured, and trained without.
func checkFolds(of spec: RunSpec, on manifest: DatasetManifest) throws(RunSpecError) {
    guard let fold = spec.fold else { return }
    func refuse(_ reason: String, _ hint: String?) -> RunSpecError {
        RunSpecError(option: "--folds", reason: reason, hint: hint)
    }
    guard (2...foldsMax).contains(fold.count), (0..<fold.count).contains(fold.index) else {
        throw refuse("\(fold.count) folds asked for; 2 to \(foldsMax) make sense", nil)
    }
    guard spec.validationSplit == nil, spec.validationDataset == nil else {
        throw refuse(
            "each fold is measured on its own rows, beside which there can be no others",
            "leave out --val-split and --val-dataset"
        )
    }
    guard manifest.rows >= 2 * fold.count else {
        throw refuse(
            "\(manifest.name) has \(manifest.rows) rows, too few for \(fold.count) folds",
            "use at most \(Swift.max(2, manifest.rows / 2))"
        )
    }
    let counts = manifest.classCounts.map(\.count)
    guard counts.count > 1 else { return }
    for (number, fold) in FoldDealing.counts(ofClasses: counts, folds: fold.count).enumerated()
    where fold.count(where: { $0 > 0 }) < 2 {
        let label = fold.firstIndex { $0 > 0 }.map { manifest.classCounts[$0].label } ?? ""
        throw refuse(
            "fold \(number + 1) would hold the single class '\(label)'",
            "use fewer folds: the rarest class has \(counts.min() ?? 0) rows"
        )
    }
}
