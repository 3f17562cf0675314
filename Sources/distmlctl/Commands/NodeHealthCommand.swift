import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl node health`.
struct NodeHealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Judge nodes: clock, certificate, disk, memory, each with what to do."
    )

    @Argument(
        help: "A node; by default all.",
        completion: LiveNames.nodes.completion,
        transform: NodeID.typed
    )
    var node: NodeID?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(NodeHealth.self, NodeHealth.Params(node: node), CheckPrinter())
    }
}
