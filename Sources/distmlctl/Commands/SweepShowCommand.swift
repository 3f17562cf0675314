import ArgumentParser
import ControlAPI

/// The command `distmlctl sweep show`.
struct SweepShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one sweep: its trials as a table and a plot."
    )

    @OptionGroup var chosen: SweepArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(SweepShow.self, chosen.params, SweepPrinter())
    }
}
