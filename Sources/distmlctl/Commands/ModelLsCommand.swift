import ArgumentParser
import ControlAPI

/// The command `distmlctl model ls`.
struct ModelLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the models."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(ModelLs.self, Empty(), ModelListPrinter())
    }
}
