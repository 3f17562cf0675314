import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl runs rm`.
struct RunsRmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Forget a run that has ended; its model stays."
    )

    @OptionGroup var chosen: RunArgument
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try confirmation.require("Forget run \(chosen.text), with its log and checkpoints?")
        try options.ask(RunRm.self, RunRm.Params(run: chosen.reference), RunRmPrinter())
    }
}
