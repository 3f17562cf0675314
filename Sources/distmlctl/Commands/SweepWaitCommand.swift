import ArgumentParser
import ControlAPI

/// The command `distmlctl sweep wait`.
struct SweepWaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Watch a sweep to its end."
    )

    @OptionGroup var chosen: SweepArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        try watch(SweepReference(chosen.text), through: &client, options)
    }
}
