import ArgumentParser

/// The command `distmlctl cert`.
struct CertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "The certificates by which nodes know each other.",
        subcommands: [CertShowCommand.self, CertReloadCommand.self]
    )
}
