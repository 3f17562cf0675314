import ArgumentParser
import ControlAPI

/// The command `distmlctl model show`.
struct ModelShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one model."
    )

    @OptionGroup var chosen: ModelArgument

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(
            ModelShow.self,
            ModelShow.Params(model: chosen.reference),
            ModelPrinter()
        )
    }
}
