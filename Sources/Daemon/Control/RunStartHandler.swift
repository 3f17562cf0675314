import ControlAPI
import Domain

/// Starts a run that this node coordinates.
struct RunStartHandler: Handler {
    typealias M = RunStart
    let supervisor: RunSupervisor

    func handle(
        _ params: RunStart.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunStart.Reply {
        let record = try await supervisor.start(params.spec, for: call.caller)
        return RunStart.Reply(run: record.id, nodes: record.plan.seats.map(\.node))
    }
}
