import ControlAPI
import Domain

/// Shows the order in which a ring over all nodes would be formed.
struct RingShowHandler: Handler {
    typealias M = RingShow
    let network: PeerNetwork

    func handle(
        _ params: RingShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RingShow.Reply {
        let nodes = network.summaries(now: wallClockSeconds())
        return nodes.enumerated().map { index, node in
            RingShow.Place(
                rank: Rank(index),
                node: node.name,
                next: nodes[(index + 1) % nodes.count].name,
                address: node.address,
                state: node.state
            )
        }
    }
}
