import ControlAPI

/// Lists runs, wherever they are.
struct RunLsHandler: Handler {
    typealias M = RunLs
    let directory: RunDirectory

    func handle(
        _ params: RunLs.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunLs.Reply {
        let now = wallClockSeconds()
        let documents = try await directory.all(for: call.caller).map { record in
            var document = RunDocument(record)
            // With a trial of rates in each, so many would not fit into a line.
            document.rateTrial = []
            return document
        }
        return Array(documents.filter { $0.isWanted(by: params, now: now) }.prefix(RunLs.runsMax))
    }
}
