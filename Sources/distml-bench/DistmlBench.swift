import ArgumentParser
import Glibc

/// `distml-bench`: what this machine and distml's parts can do, for engineers; needs no daemon.
@main
struct DistmlBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distml-bench",
        abstract: "Measures this machine and distml's parts; needs no running daemon.",
        subcommands: [LimitsCommand.self, AllReduceCommand.self, RankCommand.self]
    )

    static func main() {
        // A process that died is noticed by what it does not answer, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        main(nil)
    }
}
