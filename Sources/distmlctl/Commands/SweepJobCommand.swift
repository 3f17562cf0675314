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
                --val-split or --val-dataset, else a fifth. The best is trained once more with \
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
        if sweep.folds == nil, job.chosen.valSplit == nil, job.chosen.valDataset == nil {
            mine += ["--val-split", "0.2"]
            printSentence(
                "compared on a fifth of the rows, held out; --folds or --val-split "
                    + "choose otherwise"
            )
        }
        var spec = SweepSpec(
            trials: try trials(of: Job.self, sweep, words: mine, seed: job.chosen.seed)
        )
        spec.name = job.chosen.name
        spec.folds = sweep.folds
        spec.parallel = sweep.parallel
        spec.isHalving = sweep.halving ?? (sweep.random != nil)
        spec.keepsModels = sweep.keep
        spec.metric = spec.trials.first?.spec.metric
        var client = try job.options.connect()
        let started = try client.call(SweepStart.self, SweepStart.Params(spec: spec))
        if job.chosen.detach {
            return try job.options.show(started, kind: SweepStart.kind, SweepStartPrinter())
        }
        printNote("sweep \(started.sweep): \(started.trials) trials, \(started.runs) runs at most")
        try watch(SweepReference(started.sweep.text), through: &client, job.options)
    }
}
