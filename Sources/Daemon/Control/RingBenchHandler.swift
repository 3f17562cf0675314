import ControlAPI
import Domain
import TLSTransport

/// Measures the all-reduce over a ring of all nodes.
struct RingBenchHandler: Handler {
    typealias M = RingBench
    let directory: NodeDirectory

    func handle(
        _ params: RingBench.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RingBench.Reply {
        guard RingBenchmark.areSensible(params.sizes, params.count) else {
            throw RPCError(
                .badUsage,
                "sizes are multiples of 4 up to 256 MiB, at most \(RingBenchmark.sizesMax) of "
                    + "them; repetitions lie between 1 and \(RingBenchmark.countMax)"
            )
        }
        let request = RingBenchCall.Request(
            run: freshRun(),
            nodes: try seats(),
            key: randomBytes(32),
            sizes: params.sizes,
            count: params.count
        )
        return try await withEverySeat(request)
    }

    /// All nodes, all of which must be there.
    private func seats() throws(RPCError) -> [NodeID] {
        let nodes = directory.nodes
        guard nodes.count > 1 else { throw RPCError(.badUsage, "a ring has at least two nodes") }
        guard nodes.count <= 16 else { throw RPCError(.badUsage, "a ring has at most 16 nodes") }
        if let absent = directory.network.views.first(where: { $0.state != .alive }) {
            throw RPCError(
                .notReady,
                "it is \(absent.state.rawValue): \(absent.reason ?? "no reason known")",
                node: absent.node
            )
        }
        return nodes
    }

    private func freshRun() -> RunID {
        var generator = SystemRandomNumberGenerator()
        return RunID.random(using: &generator)
    }

    /// Starts all seats at once; the first error ends the measurement, for a ring has no spares.
    private func withEverySeat(
        _ request: RingBenchCall.Request
    ) async throws(RPCError) -> RingBench.Reply {
        let own = directory.configuration.node
        let results = await withTaskGroup(
            of: (NodeID, Result<RingBench.Reply, RPCError>).self
        ) { group in
            for node in request.nodes {
                group.addTask { (node, await measure(request, on: node)) }
            }
            var results: [NodeID: Result<RingBench.Reply, RPCError>] = [:]
            for await (node, result) in group { results[node] = result }
            return results
        }
        for node in request.nodes {
            if case .failure(let error) = results[node] { throw error }
        }
        guard let result = results[own] else { return [] }
        return try result.get()
    }

    private func measure(
        _ request: RingBenchCall.Request,
        on node: NodeID
    ) async -> Result<RingBench.Reply, RPCError> {
        if node == directory.configuration.node {
            do throws(PeerRefusal) {
                return .success(try await directory.benchmark.take(request))
            } catch {
                return .failure(RPCError(.failed, error.message, node: node))
            }
        }
        do throws(PeerError) {
            return .success(
                try await directory.network.call(
                    RingBenchCall.self,
                    request,
                    on: node,
                    within: .seconds(RingBench.silenceSecondsMax)
                )
            )
        } catch {
            return .failure(RPCError(error))
        }
    }
}
