import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl node show`.
struct NodeShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one node: machine, certificate, isolation."
    )

    @Argument(
        help: "A node; by default the one that is asked.",
        completion: LiveNames.nodes.completion,
        transform: NodeID.typed
    )
    var node: NodeID?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(NodeShow.self, NodeShow.Params(node: node), NodePrinter())
    }
}
