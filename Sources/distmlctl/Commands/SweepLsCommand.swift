import ArgumentParser
import ControlAPI

/// The command `distmlctl sweep ls`.
struct SweepLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List sweeps, the latest first."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(SweepLs.self, Empty(), SweepListPrinter())
    }
}
