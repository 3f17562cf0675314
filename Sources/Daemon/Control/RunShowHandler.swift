import ControlAPI

/// Shows one run as it is now.
struct RunShowHandler: Handler {
    typealias M = RunShow
    let directory: RunDirectory

    func handle(
        _ params: RunShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunShow.Reply {
        RunDocument(try await directory.find(params.run, for: call.caller))
    }
}
