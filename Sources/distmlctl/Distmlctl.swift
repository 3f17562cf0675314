import ArgumentParser
import ControlAPI
import Glibc

/// The command `distmlctl`.
@main
struct Distmlctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distmlctl",
        abstract: "Trains models on a cluster of your own hosts.",
        usage:
            "distmlctl <command> [options]\ndistmlctl                      the interactive shell",
        discussion: """
            Without a command on a terminal this is an interactive shell; from a pipe it reads \
            commands, one a line, and stops at the first that fails.

            Start here:
              distmlctl cluster status
              distmlctl dataset add NAME FILE
              distmlctl run sgd --dataset NAME

            The result goes to standard output, all else to standard error. Exit codes: 0 done, \
            1 failed, 2 bad usage, 3 daemon not reachable, 4 not permitted, 5 not found, \
            6 conflict, 7 refused, 8 timed out, 9 --dry-run, 10 diverged, 11 stopped, \
            12 nodes lost, 70 internal error, 130 detached by Ctrl-C.
            """,
        version: distmlVersion,
        groupedSubcommands: [
            CommandGroup(
                name: "Runs",
                subcommands: [
                    RunCommand.self, PsCommand.self, LogsCommand.self, WaitCommand.self,
                    StopCommand.self, ResumeCommand.self, RunsCommand.self, ExplainCommand.self,
                    SweepCommand.self,
                ]
            ),
            CommandGroup(
                name: "Data and models",
                subcommands: [DatasetCommand.self, ModelCommand.self]
            ),
            CommandGroup(
                name: "Cluster",
                subcommands: [
                    ClusterCommand.self, NodeCommand.self, RingCommand.self, CertCommand.self,
                    DoctorCommand.self,
                ]
            ),
            CommandGroup(
                name: "This program",
                subcommands: [VersionCommand.self, CompletionCommand.self]
            ),
        ]
    )

    static func main() {
        // Times and the width of letters are the person's; numbers stay as programs read them.
        setlocale(LC_CTYPE, "")
        setlocale(LC_TIME, "")
        let words = Array(CommandLine.arguments.dropFirst())
        if words.isEmpty {
            leave(with: Terminal.current().inputIsTerminal ? Shell.interact() : Shell.readPipe())
        }
        leave(with: perform(words))
    }
}
