import ControlAPI
import Domain

/// Measures every edge of the ring, from each of its ends.
struct RingPingHandler: Handler {
    typealias M = RingPing
    let directory: NodeDirectory

    func handle(
        _ params: RingPing.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RingPing.Reply {
        guard (1...pingsMax).contains(params.count) else {
            throw RPCError(.badUsage, "count must lie between 1 and \(pingsMax)")
        }
        let nodes = directory.nodes
        guard nodes.count > 1 else { return [] }
        // A ring of two has one edge; one after the other, so that none disturbs the next.
        let count = nodes.count == 2 ? 1 : nodes.count
        var edges: [RingPing.Edge] = []
        for index in 0..<count {
            let (first, second) = (nodes[index], nodes[(index + 1) % nodes.count])
            edges.append(await measure(from: first, to: second, params.count))
            edges.append(await measure(from: second, to: first, params.count))
        }
        return edges
    }

    private func measure(from: NodeID, to: NodeID, _ count: Int) async -> RingPing.Edge {
        guard from != directory.configuration.node else {
            return await directory.network.measure(to, count: count)
        }
        do throws(PeerError) {
            return try await directory.network.call(
                MeasureCall.self,
                .init(to: to, count: count),
                on: from,
                within: .seconds(20)
            )
        } catch {
            return RingPing.Edge(from: from, to: to, sent: count, received: 0, reason: "\(error)")
        }
    }
}
