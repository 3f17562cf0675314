import ArgumentParser
import ControlAPI

/// The command `distmlctl ps`.
struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List the runs that are under way."
    )

    @Flag(name: .shortAndLong, help: "Those that have ended, too.")
    var all = false

    @OptionGroup var filter: RunFilter
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let isFiltered = !filter.status.isEmpty
        var printer = RunListPrinter()
        if !all { printer.emptyNote = "nothing is under way; see all runs with 'distmlctl ps -a'" }
        try options.ask(RunLs.self, try filter.params(all: all || isFiltered), printer)
    }
}
