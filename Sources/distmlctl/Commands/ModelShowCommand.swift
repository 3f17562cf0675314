import ArgumentParser
import ControlAPI

/// The command `distmlctl model show`.
struct ModelShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one model."
    )

    @Argument(
        help: "A model, or the run that made it; @last is your latest run's.",
        completion: LiveNames.modelsAndRuns.completion
    )
    var model: String

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(
            ModelShow.self,
            ModelShow.Params(model: RunReference(model)),
            ModelPrinter()
        )
    }
}
