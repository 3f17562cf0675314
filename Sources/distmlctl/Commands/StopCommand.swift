import ArgumentParser
import ControlAPI

/// The command `distmlctl stop`.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop a run with a checkpoint, from which it can be resumed."
    )

    @OptionGroup var chosen: RunArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(RunStop.self, RunStop.Params(run: chosen.reference), RunPrinter())
    }
}
