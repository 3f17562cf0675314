import ArgumentParser

/// The command `distmlctl sweep`.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Try options of a run over a grid, random draws or folds; keep the best.",
        subcommands: [
            SweepJobCommand<RunGdCommand>.self, SweepJobCommand<RunSgdCommand>.self,
            SweepJobCommand<RunLbfgsCommand>.self, SweepJobCommand<RunNewtonCommand>.self,
            SweepJobCommand<RunSvmCommand>.self,
            SweepLsCommand.self, SweepShowCommand.self, SweepWaitCommand.self,
            SweepStopCommand.self, SweepResumeCommand.self,
        ]
    )
}
