import ControlAPI
import Domain

/// Starts a sweep that this node leads.
struct SweepStartHandler: Handler {
    typealias M = SweepStart
    let keeper: SweepKeeper

    func handle(
        _ params: SweepStart.Params,
        for call: ControlCall
    ) async throws(RPCError) -> SweepStart.Reply {
        SweepStart.Reply(try await keeper.start(params.spec, for: call.caller))
    }
}
