import ControlAPI
import Domain
import TLSTransport

/// What can be said of nodes, this one or others; the others are asked.
struct NodeDirectory: Sendable {
    let configuration: Configuration
    let network: PeerNetwork
    let store: Store
    let startedAt: Double
    let benchmark: RingBenchmark

    /// Answers what other nodes ask about this one.
    func serve() {
        network.handle(NodeDescribeCall.self) { _, _ async throws(PeerRefusal) in
            await describe()
        }
        network.handle(NodeHealthCall.self) { _, _ async throws(PeerRefusal) in
            checkup.health(now: wallClockSeconds())
        }
        network.handle(PingCall.self) { _, _ async throws(PeerRefusal) in Empty() }
        network.handle(MeasureCall.self) { _, request async throws(PeerRefusal) in
            await network.measure(request.to, count: request.count)
        }
        network.handle(RingBenchCall.self) { _, request async throws(PeerRefusal) in
            try await benchmark.take(request)
        }
    }

    var checkup: Checkup { Checkup(configuration: configuration, network: network) }

    /// All nodes in ring order.
    var nodes: [NodeID] {
        (configuration.peers.map(\.name) + [configuration.node]).sorted()
    }

    /// The node that a caller means: the asked one where none is named.
    func resolve(_ node: NodeID?) throws(RPCError) -> NodeID {
        let node = node ?? configuration.node
        guard nodes.contains(node) else {
            let known = nodes.map(\.text).joined(separator: ", ")
            throw RPCError(.notFound, "there is no node '\(node)'", hint: "nodes here: \(known)")
        }
        return node
    }

    /// This node as it describes itself.
    func describe() async -> NodeShow.Reply {
        let now = wallClockSeconds()
        return NodeShow.Reply(
            summary: network.ownSummary(now: now),
            machine: describeMachine(stateDirectory: configuration.state),
            certificate: CertificateDocument(
                network.context.certificate,
                of: configuration.node,
                now: now
            ),
            isolation: isolation,
            startedAt: Timestamp(seconds: startedAt),
            runs: await store.activeRuns(on: configuration.node)
        )
    }

    private var isolation: String {
        let check = checkup.doctor(now: wallClockSeconds()).first { $0.name == "sandbox" }
        return configuration.worker.isolation == .none ? "none" : check?.detail ?? "confined"
    }
}
