import ArgumentParser
import ControlAPI

/// The command `distmlctl runs ls`.
struct RunsLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List all runs, the latest first."
    )

    @OptionGroup var filter: RunFilter
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(RunLs.self, try filter.params(all: true), RunListPrinter())
    }
}
