import ArgumentParser

/// The command `distmlctl run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start a run.",
        subcommands: [
            RunGdCommand.self, RunSgdCommand.self, RunLbfgsCommand.self, RunNewtonCommand.self,
            RunSvmCommand.self,
        ]
    )
}
