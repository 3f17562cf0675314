import ArgumentParser
import ControlAPI

/// The command `distmlctl ring ping`.
struct RingPingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Measure round trips over every edge, both ways."
    )

    @Option(help: "Round trips per edge and direction.")
    var count = 10

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(RingPing.self, RingPing.Params(count: count), RingPingPrinter())
    }
}
