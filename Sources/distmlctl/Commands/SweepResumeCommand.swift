import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl sweep resume`.
struct SweepResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a sweep that was stopped; nothing measured is run again."
    )

    @OptionGroup var chosen: SweepArgument

    @Flag(name: .shortAndLong, help: "Do not stay: print the sweep's id and return.")
    var detach = false

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        let resumed = try client.call(SweepResume.self, chosen.params)
        if detach {
            return try options.show(resumed, kind: SweepResume.kind, SweepStartPrinter())
        }
        try watch(SweepReference(resumed.sweep.text), through: &client, options)
    }
}
