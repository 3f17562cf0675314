import ArgumentParser
import Foundation
import Glibc

/// `distml-bench`: what this machine and distml's parts can do, for engineers; needs no daemon.
@main
struct DistmlBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distml-bench",
        abstract: "Measures this machine and distml's parts; needs no running daemon.",
        subcommands: [
            LimitsCommand.self, AllReduceCommand.self, TrainCommand.self, ExportCommand.self,
            RankCommand.self,
        ]
    )

    /// Exits with 0, with 1 if a measurement failed, or with 2 after bad usage.
    static func main() {
        // A process that died is noticed by what it does not answer, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let stream = code.isSuccess ? FileHandle.standardOutput : FileHandle.standardError
            // A reader that has gone does not want the rest.
            try? stream.write(contentsOf: Data((fullMessage(for: error) + "\n").utf8))
            Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}
