import ArgumentParser

/// The command `distmlctl node`.
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "The hosts that run the daemon.",
        subcommands: [NodeLsCommand.self, NodeShowCommand.self, NodeHealthCommand.self]
    )
}
