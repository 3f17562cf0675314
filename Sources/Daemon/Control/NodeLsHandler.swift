import ControlAPI
import Domain

/// Lists the nodes as this one sees them.
struct NodeLsHandler: Handler {
    typealias M = NodeLs
    let network: PeerNetwork

    func handle(
        _ params: NodeLs.Params,
        for call: ControlCall
    ) async throws(RPCError) -> NodeLs.Reply {
        network.summaries(now: wallClockSeconds())
    }
}
