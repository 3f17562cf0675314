import ArgumentParser
import ControlAPI

/// The command `distmlctl sweep stop`.
struct SweepStopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop a sweep and its runs; 'sweep resume' goes on with it."
    )

    @OptionGroup var chosen: SweepArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(SweepStop.self, chosen.params, SweepPrinter())
    }
}
