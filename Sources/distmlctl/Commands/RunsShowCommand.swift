import ArgumentParser
import ControlAPI

/// The command `distmlctl runs show`.
struct RunsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one run and how it ended."
    )

    @OptionGroup var chosen: RunArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(RunShow.self, RunShow.Params(run: chosen.reference), RunPrinter())
    }
}
