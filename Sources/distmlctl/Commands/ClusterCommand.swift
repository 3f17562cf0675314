import ArgumentParser

/// The command `distmlctl cluster`.
struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "The cluster as a whole.",
        subcommands: [ClusterStatusCommand.self]
    )
}
