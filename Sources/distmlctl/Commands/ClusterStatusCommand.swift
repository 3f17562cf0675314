import ArgumentParser
import ControlAPI

/// The command `distmlctl cluster status`.
struct ClusterStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Overview: health, nodes, what is under way."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(ClusterStatus.self, Empty(), ClusterPrinter())
    }
}
