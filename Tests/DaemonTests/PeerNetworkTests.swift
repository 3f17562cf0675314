import ControlAPI
import Domain
import Foundation
import TLSTransport
import Testing
import Transport

@testable import Daemon

private func name(_ text: String) -> NodeID { NodeID(checked: text) }

/// Networks of some nodes on this machine.
private struct Cluster {
    let certificates: TestCertificates
    let ports: [String: UInt16]
    var networks: [String: PeerNetwork] = [:]
    let log = LogRecorder()

    init(_ nodes: [String] = ["a", "b", "c"]) throws {
        certificates = try sharedCertificates.get()
        ports = Dictionary(uniqueKeysWithValues: zip(nodes, try freePorts(nodes.count)))
        for node in nodes {
            networks[node] = try PeerNetwork(
                try configuration(node, ports, certificates),
                context: try certificates.context(node),
                log: log.log().logger(node)
            )
        }
    }

    subscript(_ node: String) -> PeerNetwork {
        get throws { try #require(networks[node]) }
    }

    func start() throws {
        for network in networks.values { try network.start() }
    }

    func waitUntilAlive() async throws {
        for network in networks.values {
            try await wait(for: "all alive at \(network.node)\n\(log.text)") {
                network.views.allSatisfy { $0.state == .alive }
            }
        }
    }

    func stop() async {
        for network in networks.values {
            let isGone = await network.stop(within: .seconds(20))
            #expect(isGone, "threads of \(network.node) did not end")
        }
    }
}

private func withCluster(
    _ nodes: [String] = ["a", "b", "c"],
    _ body: (Cluster) async throws -> Void
) async throws {
    let cluster = try Cluster(nodes)
    do {
        try await body(cluster)
    } catch {
        await cluster.stop()
        throw error
    }
    await cluster.stop()
}

@Suite("Peers", .serialized)
struct PeerNetworkTests {
    @Test("A node that listens everywhere shows the address that its peers know")
    func ownAddress() throws {
        let certificates = try sharedCertificates.get()
        var settings = try configuration("a", ["a": 7_443, "b": 7_444], certificates)
        settings.listen = PeerAddress(host: "0.0.0.0", port: 7_443)
        let context = try certificates.context("a")
        let log = LogRecorder().log().logger("a")
        let network = try PeerNetwork(settings, context: context, log: log)
        #expect(network.ownSummary(now: 0).address == "127.0.0.1:7443")
        settings.listed = nil
        let unlisted = try PeerNetwork(settings, context: context, log: log)
        #expect(unlisted.ownSummary(now: 0).address.hasPrefix("0.0.0.0:"))
    }

    @Test("Three nodes find each other and know versions, certificates and clocks")
    func membership() async throws {
        try await withCluster { cluster in
            try cluster["a"].setCounters { ["r-1": 42] }
            try cluster.start()
            try await cluster.waitUntilAlive()
            let b = try cluster["b"]
            try await wait(for: "a heartbeat") { b.view(of: name("a"))?.roundTrip != nil }
            let view = try #require(b.view(of: name("a")))
            #expect(view.version == distmlVersion)
            #expect(abs(view.clockOffset ?? 99) < 0.5, "both are one clock")
            #expect(view.certificateEnd == (try cluster["a"].context.certificate.notAfter))
            try await wait(for: "counters") { b.view(of: name("a"))?.counters == ["r-1": 42] }
        }
    }

    @Test("Calls are answered in both directions, refusals and silence have names")
    func calls() async throws {
        try await withCluster(["a", "b"]) { cluster in
            let (a, b) = (try cluster["a"], try cluster["b"])
            for network in [a, b] {
                network.handle("echo") { node, payload in payload + Array(node.text.utf8) }
                network.handle("never") { _, _ in
                    // Ends with its task only.
                    for await _ in AsyncStream<Int>.makeStream().stream {}
                    return []
                }
                network.handle("no") { _, _ async throws(PeerRefusal) in
                    throw PeerRefusal(code: 500, message: "not here")
                }
            }
            try cluster.start()
            try await cluster.waitUntilAlive()
            #expect(try await a.call(name("b"), "echo", [1], within: .seconds(5)) == [1, 0x61])
            #expect(try await b.call(name("a"), "echo", [2], within: .seconds(5)) == [2, 0x62])
            let big = [UInt8](repeating: 7, count: 3 << 20)
            #expect(try await a.call(name("b"), "echo", big, within: .seconds(5)) == big + [0x61])
            let refusal = PeerRefusal(code: 500, message: "not here")
            await #expect(throws: PeerError.refused(name("b"), refusal)) {
                try await a.call(name("b"), "no", [], within: .seconds(5))
            }
            let unknown = PeerRefusal(code: -32601, message: "no method 'what'")
            await #expect(throws: PeerError.refused(name("b"), unknown)) {
                try await a.call(name("b"), "what", [], within: .seconds(5))
            }
            let limit = Duration.milliseconds(30)
            await #expect(
                throws: PeerError.timedOut(name("b"), method: "never", limit: limit)
            ) { try await a.call(name("b"), "never", [], within: limit) }
            await #expect(throws: PeerError.unknown(name("z"))) {
                try await a.call(name("z"), "echo", [], within: .seconds(1))
            }
        }
    }

    @Test("A stopped node is dead long before its silence says so, and alive again later")
    func death() async throws {
        try await withCluster { cluster in
            try cluster.start()
            try await cluster.waitUntilAlive()
            let b = try cluster["b"]
            let isGone = await b.stop(within: .seconds(20))
            #expect(isGone, "threads of b did not end")
            let begin = ContinuousClock.now
            for node in ["a", "c"] {
                let network = try cluster[node]
                try await wait(for: "b dead at \(node)", seconds: 5) {
                    network.view(of: name("b"))?.state == .dead
                }
                #expect(network.view(of: name("b"))?.reason?.isEmpty == false)
            }
            #expect(ContinuousClock.now - begin < .seconds(4), "long before it counts as silent")
            #expect(try cluster["a"].view(of: name("c"))?.state == .alive)
            let again = try PeerNetwork(
                try configuration("b", cluster.ports, cluster.certificates),
                context: try cluster.certificates.context("b"),
                log: cluster.log.log().logger("b2")
            )
            try again.start()
            try await wait(for: "b alive again") {
                try cluster["a"].view(of: name("b"))?.state == .alive
                    && cluster["c"].view(of: name("b"))?.state == .alive
            }
            await again.stop()
        }
    }

    @Test("A peer that falls silent is suspect, then dead, though its connection stands")
    func frozen() async throws {
        let certificates = try sharedCertificates.get()
        let heartbeat = "{interval: 50ms, suspect: 300ms, dead: 600ms}"
        let relay = try Relay()
        let ports = try freePorts(2)
        let log = LogRecorder()
        let b = try PeerNetwork(
            try configuration(
                "b",
                ["a": ports[0], "b": ports[1]],
                certificates,
                heartbeat: heartbeat
            ),
            context: try certificates.context("b"),
            log: log.log().logger("b")
        )
        try b.start()
        try relay.start(to: ports[1])
        let a = try PeerNetwork(
            try configuration(
                "a",
                ["a": ports[0], "b": relay.port],
                certificates,
                heartbeat: heartbeat
            ),
            context: try certificates.context("a"),
            log: log.log().logger("a")
        )
        try a.start()
        try await wait(for: "b alive") { a.view(of: name("b"))?.state == .alive }
        relay.freeze()
        try await wait(for: "b dead", seconds: 6) { a.view(of: name("b"))?.state == .dead }
        #expect(log.text.contains("peer suspect"))
        #expect(a.view(of: name("b"))?.reason?.hasPrefix("silent for ") == true)
        relay.thaw()
        try await wait(for: "b alive again") { a.view(of: name("b"))?.state == .alive }
        await a.stop()
        await b.stop()
        relay.stop()
    }

    @Test("A second daemon under one certificate is refused, with both addresses")
    func duplicate() async throws {
        try await withCluster(["a", "b"]) { cluster in
            try cluster.start()
            try await cluster.waitUntilAlive()
            let ports = cluster.ports.merging(["a": try freePorts(1)[0]]) { $1 }
            let twin = try PeerNetwork(
                try configuration("a", ports, cluster.certificates),
                context: try cluster.certificates.context("a"),
                log: cluster.log.log().logger("twin")
            )
            try twin.start()
            try await wait(for: "the alarm") {
                cluster.log.text.contains("two daemons use one certificate")
            }
            try await wait(for: "the twin's reason") {
                twin.view(of: name("b"))?.reason?.contains("is connected from") == true
            }
            let alarm = try #require(
                cluster.log.text.split(separator: "\n").first { $0.contains("two daemons") }
            )
            #expect(alarm.contains("first=127.0.0.1:") && alarm.contains("second=127.0.0.1:"))
            #expect(try cluster["b"].view(of: name("a"))?.state == .alive)
            await twin.stop()
        }
    }

    @Test("Nodes of another cluster's CA do not come in, and both sides say why")
    func foreign() async throws {
        let ours = try sharedCertificates.get()
        let theirs = try TestCertificates(nodes: ["a"])
        let ports = try freePorts(2)
        let all = ["a": ports[0], "b": ports[1]]
        let log = LogRecorder()
        let b = try PeerNetwork(
            try configuration("b", all, ours),
            context: try ours.context("b"),
            log: log.log().logger("b")
        )
        let a = try PeerNetwork(
            try configuration("a", all, theirs),
            context: try theirs.context("a"),
            log: log.log().logger("a")
        )
        try b.start()
        try a.start()
        try await wait(for: "a's reason") {
            a.view(of: name("b"))?.reason?.contains("trusted") == true
        }
        #expect(a.view(of: name("b"))?.state != .alive)
        #expect(b.view(of: name("a"))?.state != .alive)
        await a.stop()
        await b.stop()
    }

    @Test("After a reload a revoked peer's link is dropped and stays down")
    func revoked() async throws {
        let certificates = try TestCertificates(nodes: ["a", "b"])
        let ports = try freePorts(2)
        let all = ["a": ports[0], "b": ports[1]]
        let networks = try ["a", "b"].map { node in
            try PeerNetwork(
                try configuration(node, all, certificates),
                context: try certificates.context(node),
                log: LogRecorder().log().logger(node)
            )
        }
        for network in networks { try network.start() }
        let (a, b) = (networks[0], networks[1])
        try await wait(for: "alive") { b.view(of: name("a"))?.state == .alive }
        try certificates.script("revoke", "a")
        b.reload(try certificates.context("b", hasRevocations: true))
        try await wait(for: "a's end", seconds: 5) { b.view(of: name("a"))?.state == .dead }
        #expect(b.view(of: name("a"))?.reason?.contains("revoked") == true)
        try await wait(for: "a's reason") {
            a.view(of: name("b"))?.reason?.contains("revoked") == true
        }
        await a.stop()
        await b.stop()
    }
}
