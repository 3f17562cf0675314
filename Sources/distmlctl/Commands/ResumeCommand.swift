import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl resume`.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a run from its newest checkpoint.",
        discussion: "A resumed run ends with the same bits as one that was never disturbed."
    )

    @OptionGroup var chosen: RunArgument

    @Flag(name: .shortAndLong, help: "Do not stay: print the run's id and return.")
    var detach = false

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        let resumed = try client.call(
            RunResume.self,
            RunResume.Params(run: chosen.reference)
        )
        if detach {
            return try options.show(resumed, kind: RunResume.kind, RunResumePrinter())
        }
        printNote("run \(resumed.run) goes on from step \(grouped(resumed.step))")
        try watch(RunReference(resumed.run.text), through: &client, options)
    }
}
