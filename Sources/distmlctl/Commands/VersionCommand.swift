import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the versions of this program and of the daemon.",
        discussion: "Exits with 3 where no daemon answers; --version needs none."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var pair = VersionPair(client: distmlVersion)
        do throws(RPCError) {
            var client = try options.connect()
            let daemon = try client.call(Version.self, Empty())
            pair.daemon = daemon.version
            pair.node = daemon.node
            pair.cluster = daemon.cluster
        } catch {
            // The version of the program is half an answer: it is shown, and then the error.
            try options.show(pair, kind: Version.kind, VersionPrinter())
            throw error
        }
        try options.show(pair, kind: Version.kind, VersionPrinter())
    }
}

/// The two versions.
struct VersionPair: Codable, Sendable {
    var client: String
    var daemon: String?
    var node: NodeID?
    var cluster: ClusterName?
}

/// Prints `version`.
struct VersionPrinter: SheetPrinter {
    func sheet(_ pair: VersionPair, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("distmlctl", pair.client)
        sheet.add("distmld", pair.daemon)
        sheet.add("Node", pair.node?.text)
        sheet.add("Cluster", pair.cluster?.text)
        return sheet
    }

    func names(_ pair: VersionPair) -> [String] { [pair.client] }
}
