import ArgumentParser
import ControlAPI

/// The command `distmlctl wait`.
struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until a run has ended; the exit code is the outcome's."
    )

    @OptionGroup var chosen: RunArgument

    @Option(
        help: ArgumentHelp(
            "Wait no longer than this: 90s, 5m, 1h30m; then exit with 8.",
            valueName: "time"
        ),
        transform: TypedDuration.typed
    )
    var timeout: TypedDuration?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        let deadline = timeout.map { monotonicSeconds() + $0.seconds }
        try watch(chosen.reference, through: &client, options, until: deadline)
    }
}
