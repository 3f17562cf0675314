import ArgumentParser

/// The command `distmlctl runs`.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Runs of now and before.",
        subcommands: [
            RunsLsCommand.self, RunsShowCommand.self, RunsPlotCommand.self, RunsDiffCommand.self,
            RunsRmCommand.self,
        ]
    )
}
