import ControlAPI
import Domain

/// Tells of a sweep until nothing more happens to it.
struct SweepFollowHandler: StreamHandler {
    typealias M = SweepFollow
    let directory: SweepDirectory

    func handle(
        _ params: SweepFollow.Params,
        for call: ControlCall,
        telling items: ItemSink<SweepFollow.Item>
    ) async throws(RPCError) -> SweepFollow.Reply {
        var told: SweepDocument?
        var reference = params.sweep
        while !Task.isCancelled {
            let found = try await directory.find(reference, for: call.caller)
            // What was meant at the beginning, though a later sweep may have the same name.
            reference = SweepReference(found.record.id.text)
            let document = SweepDocument(found.record, runs: found.runs)
            if document.status != .running { return document }
            if document != told {
                try await items.send(document)
                told = document
            }
            try? await Task.sleep(for: .milliseconds(300))
        }
        throw RPCError(.failed, "the client is gone")
    }
}
