import ArgumentParser
import ControlAPI

/// The command `distmlctl model rm`.
struct ModelRmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a model from all nodes; the run that made it stays."
    )

    @OptionGroup var chosen: ModelArgument
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try confirmation.require("Remove model \(chosen.text) from all nodes?")
        try options.ask(ModelRm.self, ModelRm.Params(model: chosen.reference), ModelRmPrinter())
    }
}
