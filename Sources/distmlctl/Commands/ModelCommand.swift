import ArgumentParser

/// The command `distmlctl model`.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "What runs have learned.",
        subcommands: [
            ModelLsCommand.self, ModelShowCommand.self, ModelEvalCommand.self,
            ModelPredictCommand.self, ModelExportCommand.self, ModelRmCommand.self,
        ]
    )
}
