import ControlAPI
import Domain

/// Goes on with a sweep that was stopped.
struct SweepResumeHandler: Handler {
    typealias M = SweepResume
    let directory: SweepDirectory

    func handle(
        _ params: SweepResume.Params,
        for call: ControlCall
    ) async throws(RPCError) -> SweepResume.Reply {
        SweepStart.Reply(try await directory.order(.resume, params.sweep, for: call.caller))
    }
}

extension SweepStart.Reply {
    /// The answer for a sweep that goes on now.
    init(_ record: SweepRecord) {
        let trials = record.spec.trials.count
        self.init(sweep: record.id, trials: trials, runs: trials * (record.spec.folds ?? 1) + 1)
    }
}
