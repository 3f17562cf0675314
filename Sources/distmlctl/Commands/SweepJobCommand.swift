import ArgumentParser
import ControlAPI
import Domain

/// The commands `distmlctl sweep gd`, `sweep sgd` and so on: a sweep of that algorithm's runs.
struct SweepJobCommand<Job: RunStarting>: RereadingCommand {
    static var configuration: CommandConfiguration {
        let algorithm = Job.configuration.commandName ?? ""
        return CommandConfiguration(
            commandName: algorithm,
            abstract: "Try options of 'run \(algorithm)' and keep the best.",
            discussion: """
                All options of 'run \(algorithm)' hold for every trial; --grid varies any of them. \
                Trials are compared on rows they were not trained on: the folds, those of \
                --val-split or --val-dataset, else a fifth; by the figure that --metric names, \
                such as f1 or loss. The best is trained once more with \
                the same options, and its model kept under --name.

                The daemon leads the sweep. Ctrl-C detaches; 'sweep stop' stops it, \
                'sweep resume' goes on.
                """
        )
    }

    @OptionGroup(title: "Options of the sweep") var sweep: SweepOptions
    @OptionGroup var job: Job

    func run() throws {
        throw RPCError(.internalError, "a sweep needs its words")
    }

    func run(words: [String]) throws {
        // What stands before the algorithm is the word `sweep`.
        var mine = Array(words.dropFirst())
        let isSplit =
            sweep.folds == nil && job.chosen.valSplit == nil && job.chosen.valDataset == nil
        if isSplit { mine += ["--val-split", "0.2"] }
        var spec = SweepSpec(
            trials: try trials(of: Job.self, sweep, words: mine, seed: job.chosen.seed)
        )
        spec.name = job.chosen.name
        spec.folds = sweep.folds
        spec.parallel = sweep.parallel
        let algorithm = spec.trials.first?.spec.algorithm
        let hasEpochs = algorithm == .sgd || algorithm == .gd
        spec.isHalving = sweep.halving ?? (sweep.random != nil && hasEpochs)
        spec.keepsModels = sweep.keep
        spec.metric = spec.trials.first?.spec.metric
        // Only SGD watches a metric on its way; of other trials it is what they are compared by.
        if algorithm != .sgd {
            for place in spec.trials.indices { spec.trials[place].spec.metric = nil }
        }
        var client = try job.options.connect()
        if job.chosen.dryRun {
            var drafts: [SweepDraft] = []
            for trial in spec.trials {
                drafts.append(try client.draft(of: trial, folds: spec.folds))
            }
            if isSplit { tellSplit() }
            try job.options.show(drafts, kind: "sweep check", SweepDraftPrinter())
            throw ExitCode(9)
        }
        let started = try client.call(SweepStart.self, SweepStart.Params(spec: spec))
        if isSplit { tellSplit() }
        if job.chosen.detach {
            return try job.options.show(started, kind: SweepStart.kind, SweepStartPrinter())
        }
        printNote("sweep \(started.sweep): \(started.trials) trials, \(started.runs) runs at most")
        try watch(SweepReference(started.sweep.text), through: &client, job.options)
    }

    /// Said once nothing is wrong with what was typed.
    private func tellSplit() {
        printSentence(
            "compared on a fifth of the rows, held out; --folds or --val-split choose otherwise"
        )
    }
}

extension Client {
    /// What a trial's first run would be; nothing is started.
    fileprivate mutating func draft(
        of trial: SweepTrial,
        folds: Int?
    ) throws(RPCError) -> SweepDraft {
        var spec = trial.spec
        spec.fold = folds.map { Fold(index: 0, count: $0) }
        do {
            let reply = try call(RunCheck.self, RunStart.Params(spec: spec))
            return SweepDraft(options: trial.options, run: reply)
        } catch {
            var refusal = error
            refusal.message = "trial \(trial.options): \(refusal.message)"
            throw refusal
        }
    }
}
