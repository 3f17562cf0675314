import ArgumentParser
import ControlAPI

/// The command `distmlctl dataset ls`.
struct DatasetLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the datasets."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(DatasetLs.self, Empty(), DatasetListPrinter())
    }
}
