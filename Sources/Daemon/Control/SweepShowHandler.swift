import ControlAPI
import Domain

/// Shows one sweep as it is now.
struct SweepShowHandler: Handler {
    typealias M = SweepShow
    let directory: SweepDirectory

    func handle(
        _ params: SweepShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> SweepShow.Reply {
        let found = try await directory.find(params.sweep, for: call.caller)
        return SweepDocument(found.record, runs: found.runs)
    }
}
