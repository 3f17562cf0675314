import ArgumentParser

/// The command `distmlctl ring`.
struct RingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ring",
        abstract: "The ring that gradients travel around.",
        subcommands: [RingShowCommand.self, RingPingCommand.self, RingBenchCommand.self]
    )
}
