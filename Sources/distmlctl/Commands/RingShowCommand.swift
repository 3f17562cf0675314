import ArgumentParser
import ControlAPI

/// The command `distmlctl ring show`.
struct RingShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the order of the ring."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(RingShow.self, Empty(), RingPrinter())
    }
}
