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
        let documents = try await directory.all(for: call.caller).map { RunDocument($0) }
        return Array(documents.filter { $0.isWanted(by: params, now: now) }.prefix(RunLs.runsMax))
    }
}
