import ControlAPI
import Domain
import Transport

/// How long a provisional end may wait for the others before it is shown as it is.
private let agreementLimit = Duration.seconds(15)

/// Tells of a run until it has ended.
struct RunFollowHandler: StreamHandler {
    typealias M = RunFollow
    let directory: RunDirectory

    func handle(
        _ params: RunFollow.Params,
        for call: ControlCall,
        telling items: ItemSink<RunFollow.Item>
    ) async throws(RPCError) -> RunFollow.Reply {
        var record = try await directory.find(params.run, for: call.caller)
        if record.id.text != params.run.text {
            // A name or '@last' may mean a younger run that only others know.
            record = try await directory.find(params.run, for: call.caller, within: patientLimit)
        }
        var told: RunFollow.Item?
        var provisionalSince: Deadline?
        while !Task.isCancelled {
            let item = RunFollow.Item(
                run: record.id,
                status: record.status,
                generation: record.plan.generation,
                choices: record.choices,
                progress: record.progress
            )
            if item != told {
                try await items.send(item)
                told = item
            }
            if record.status == .ended {
                if !record.isProvisional { return RunDocument(record) }
                let deadline = provisionalSince ?? .after(agreementLimit)
                provisionalSince = deadline
                // Without a majority nothing can be agreed; the person is told what is known.
                if deadline.hasPassed { return RunDocument(record) }
            }
            try? await Task.sleep(for: .milliseconds(100))
            record = await directory.refresh(record)
        }
        throw RPCError(.failed, "the client is gone")
    }
}
