import Catalog
import ControlAPI
import Domain
import TLSTransport

/// What can be said of nodes, this one or others; the others are asked.
struct NodeDirectory: Sendable {
    let configuration: Configuration
    let network: PeerNetwork
    let store: Store
    let registers: RegisterService
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

    /// Everything that commonly goes wrong on this node.
    func examine() async -> [Check] {
        let checks = checkup.doctor(now: wallClockSeconds())
        return checks + [await examineCatalog(), await examineVote()]
    }

    private func examineCatalog() async -> Check {
        let path = configuration.state + "/catalog.sqlite"
        do throws(CatalogError) {
            let damage = try await store.perform { database throws(CatalogError) in
                try database.damage()
            }
            guard let damage else {
                return check("catalogue", .ok, "\(path) is whole")
            }
            throw .corrupt(path: path, reason: damage)
        } catch {
            return check("catalogue", .failure, "\(error)", fix: "see the log of distmld")
        }
    }

    private func examineVote() async -> Check {
        if await registers.isVoting {
            return check("vote", .ok, "this node votes on what the cluster agrees on")
        }
        let missing = await registers.awaited.map(\.text).joined(separator: ", ")
        let why = await registers.isCopied ? "its disk may be an old copy" : "it starts"
        return check(
            "vote",
            .warning,
            "no vote yet: \(why), and these have not told what it may lack: \(missing)",
            fix: "start those nodes; see 'distmlctl node ls'"
        )
    }

    private func check(
        _ name: String,
        _ state: Check.State,
        _ detail: String,
        fix: String? = nil
    ) -> Check {
        Check(name: name, node: configuration.node, state: state, detail: detail, fix: fix)
    }

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
