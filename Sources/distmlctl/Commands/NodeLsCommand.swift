import ArgumentParser
import ControlAPI

/// The command `distmlctl node ls`.
struct NodeLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the nodes and how they are."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(NodeLs.self, Empty(), NodeListPrinter())
    }
}
