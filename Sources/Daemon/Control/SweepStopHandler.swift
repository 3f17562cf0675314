import ControlAPI
import Domain

/// Stops a sweep, and its runs with it.
struct SweepStopHandler: Handler {
    typealias M = SweepStop
    let directory: SweepDirectory

    func handle(
        _ params: SweepStop.Params,
        for call: ControlCall
    ) async throws(RPCError) -> SweepStop.Reply {
        let record = try await directory.order(.stop, params.sweep, for: call.caller)
        let found = try await directory.find(SweepReference(record.id.text), for: call.caller)
        return SweepDocument(record, runs: found.runs)
    }
}
