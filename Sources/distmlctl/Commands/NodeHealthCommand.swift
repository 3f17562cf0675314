import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl node health`.
struct NodeHealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Judge nodes: clock, certificate, disk, memory, each with what to do.",
        discussion: "Exits with 1 where something does not work."
    )

    @Argument(
        help: "A node; by default all.",
        completion: LiveNames.nodes.completion,
        transform: NodeID.typed
    )
    var node: NodeID?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        let checks = try client.call(NodeHealth.self, NodeHealth.Params(node: node))
        try options.show(checks, kind: NodeHealth.kind, CheckPrinter())
        if checks.contains(where: { $0.state == .failure }) { throw ExitCode(1) }
    }
}
