import ArgumentParser

/// The command `distmlctl dataset`.
struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Data to train on.",
        subcommands: [
            DatasetAddCommand.self, DatasetLsCommand.self, DatasetShowCommand.self,
            DatasetStatsCommand.self, DatasetVerifyCommand.self, DatasetRmCommand.self,
        ]
    )
}
