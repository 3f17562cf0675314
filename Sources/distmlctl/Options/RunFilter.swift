import ArgumentParser
import ControlAPI
import Domain

/// Which runs a list shows.
struct RunFilter: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only runs started in the last 90s, 5m, 1h30m, 2d.", valueName: "time"),
        transform: TypedDuration.typed
    )
    var since: TypedDuration?

    @Option(
        help: ArgumentHelp(
            "Only runs in this state: \(RunFilter.states.joined(separator: ", ")).",
            valueName: "state"
        ),
        completion: .list(RunFilter.states)
    )
    var status: [String] = []

    static let states =
        [RunStatus.preparing, .running].map(\.rawValue) + Outcome.allCases.map(\.rawValue)

    func params(all: Bool) throws -> RunLs.Params {
        for state in status where !Self.states.contains(state) {
            throw RPCError(
                .badUsage,
                "no run is ever '\(state)'",
                hint: "use one of \(Self.states.joined(separator: ", "))"
            )
        }
        return RunLs.Params(all: all, sinceSeconds: since?.seconds, statuses: status)
    }
}
