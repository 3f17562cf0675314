import ControlAPI
import Domain
import Transport

/// Asks all seats to stop at the same step, with a checkpoint, and waits for the end.
struct RunStopHandler: Handler {
    typealias M = RunStop
    let directory: RunDirectory

    func handle(
        _ params: RunStop.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunStop.Reply {
        var record = try await directory.find(params.run, for: call.caller, within: patientLimit)
        guard record.status != .ended else {
            throw RPCError(
                .conflict,
                "\(record.id) has ended already: \(record.result?.outcome.rawValue ?? "")"
            )
        }
        guard await directory.askToStop(record) else {
            throw RPCError(.notReady, "no seat of \(record.id) could be reached")
        }
        let deadline = Deadline.after(.seconds(300))
        while record.status != .ended || record.isProvisional {
            guard !deadline.hasPassed else {
                throw RPCError(.timedOut, "\(record.id) was asked to stop and has not yet")
            }
            try? await Task.sleep(for: .milliseconds(100))
            record = await directory.refresh(record)
        }
        return RunDocument(record)
    }
}

extension RunDirectory {
    /// Asks a run to stop with a checkpoint; false where no seat could be reached.
    func askToStop(_ record: RunRecord) async -> Bool {
        let request = RunStopCall.Request(run: record.id, generation: record.plan.generation)
        var isHeard = false
        for node in record.plan.seats.map(\.node) {
            // One seat is enough: the wish travels with the sums.
            if node == supervisor.world.node {
                isHeard = await supervisor.stop(request) || isHeard
            } else {
                let reply = try? await supervisor.world.network.call(
                    RunStopCall.self,
                    request,
                    on: node,
                    within: .seconds(3)
                )
                isHeard = reply?.isKnown ?? false || isHeard
            }
        }
        return isHeard
    }
}
