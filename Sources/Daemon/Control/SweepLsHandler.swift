import ControlAPI
import Domain

/// Lists sweeps, whoever leads them.
struct SweepLsHandler: Handler {
    typealias M = SweepLs
    let directory: SweepDirectory

    func handle(
        _ params: SweepLs.Params,
        for call: ControlCall
    ) async throws(RPCError) -> SweepLs.Reply {
        try await directory.all(for: call.caller).prefix(SweepLs.sweepsMax).map {
            SweepDocument($0.record, runs: $0.runs)
        }
    }
}
