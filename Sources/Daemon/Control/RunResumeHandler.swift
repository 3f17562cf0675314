import ControlAPI
import Domain

/// Goes on with a run from its newest checkpoint; any node can lead it.
struct RunResumeHandler: Handler {
    typealias M = RunResume
    let directory: RunDirectory

    func handle(
        _ params: RunResume.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunResume.Reply {
        let record = try await directory.find(params.run, for: call.caller, within: patientLimit)
        let next = try await directory.supervisor.resume(record, for: call.caller)
        return RunResume.Reply(
            run: next.id,
            generation: next.plan.generation,
            step: next.plan.resumeStep ?? 0
        )
    }
}
