import ArgumentParser
import ControlAPI
import Daemon
import Glibc

/// The daemon of one node.
@main
struct DistmlDaemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distmld",
        abstract: "Trains models together with its peers; one for each host.",
        discussion: """
            Ends with 0 after SIGTERM or SIGINT, with 78 where the configuration, the key or a \
            certificate is wrong, with 1 otherwise. SIGHUP reads certificates, tenants and the \
            log's level again.
            """,
        version: distmlVersion
    )

    @Option(help: "The configuration file.")
    var config = "/etc/distml/distmld.yaml"

    @Option(
        help: ArgumentHelp(
            "Check a configuration file and all it names, and end.",
            valueName: "file"
        )
    )
    var check: String?

    func run() async throws {
        do throws(StartError) {
            if let check {
                try LocalNode.check(check)
                print("\(check): no mistakes")
                return
            }
            let node = try LocalNode(configurationPath: config)
            try await node.runUntilSignal()
        } catch {
            complain("\(error)")
            throw ExitCode(error.exitStatus)
        }
    }
}

/// One line on standard error; nothing is logged before the configuration is read.
private func complain(_ text: String) {
    let line = Array("distmld: \(text)\n".utf8)
    _ = write(2, line, line.count)
}
