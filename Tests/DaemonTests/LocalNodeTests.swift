import Catalog
import ControlAPI
import Domain
import Foundation
import Logging
import Registers
import TLSTransport
import Testing
import Transport

@testable import Daemon

/// Whole daemons in this process, each with its own folder.
final class Nodes {
    let folder: String
    let ports: [String: UInt16]
    let log = LogRecorder()
    var nodes: [String: LocalNode] = [:]

    init(_ names: [String] = ["a", "b", "c"]) throws {
        folder = FileManager.default.temporaryDirectory.path + "/distml-\(UUID().uuidString)"
        ports = Dictionary(uniqueKeysWithValues: zip(names, try freePorts(names.count)))
        for name in names {
            try FileManager.default.createDirectory(
                atPath: home(name),
                withIntermediateDirectories: true
            )
            let text = try configurationText(name, ports, sharedCertificates.get(), home(name))
            try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func home(_ name: String) -> String { "\(folder)/\(name)" }
    func path(_ name: String) -> String { home(name) + "/distmld.yaml" }

    subscript(_ name: String) -> LocalNode {
        get throws { try #require(nodes[name]) }
    }

    func make(_ name: String) throws -> LocalNode {
        let configuration = try Configuration.load(path(name))
        return try LocalNode(configuration, path: path(name), log: log.log())
    }

    func start(_ name: String) async throws {
        let node = try make(name)
        try await node.start()
        nodes[name] = node
    }

    func startAll() async throws {
        for name in ports.keys.sorted() { try await start(name) }
        for node in nodes.values {
            try await wait(for: "all alive\n\(log.text)") {
                node.services.network.views.allSatisfy { $0.state == .alive }
            }
        }
    }

    func stop() async {
        for node in nodes.values { await node.stop() }
        nodes = [:]
    }

    func end(_ name: String) async throws {
        try await self[name].stop()
        nodes[name] = nil
    }

    func client(_ name: String) throws -> TestClient { try TestClient(home(name) + "/sock") }
}

func withNodes(
    _ names: [String] = ["a", "b", "c"],
    _ body: (Nodes) async throws -> Void
) async throws {
    let nodes = try Nodes(names)
    let result: Result<Void, any Error>
    do { result = .success(try await body(nodes)) } catch { result = .failure(error) }
    await nodes.stop()
    try result.get()
}

@Suite("A whole node", .serialized)
struct LocalNodeTests {
    @Test("Three nodes show each other, measure their ring, and answer for one another")
    func overview() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let client = try nodes.client("b")
            let status = try #require(
                try await client.ask("cluster.status")["result"] as? [String: Any]
            )
            #expect(status["health"] as? String == "healthy")
            let list = try #require(try await client.ask("node.ls")["result"] as? [[String: Any]])
            #expect(list.compactMap { $0["name"] as? String } == ["a", "b", "c"])
            #expect(list.allSatisfy { $0["state"] as? String == "alive" })
            #expect(!nodes.log.text.contains("reason=\"\""), "\(nodes.log.text)")
            let ping = try await client.ask("ring.ping", params: #"{"count":3}"#)
            let edges = try #require(ping["result"] as? [[String: Any]])
            #expect(edges.count == 6)
            #expect(edges.allSatisfy { $0["received"] as? Int == 3 })
            let bench = try await client.ask(
                "ring.bench",
                params: #"{"sizes":[4096,262144],"count":3}"#
            )
            let rows = try #require(bench["result"] as? [[String: Any]], "\(bench)")
            #expect(rows.map { $0["bytes"] as? Int } == [4_096, 262_144])
            #expect(rows.allSatisfy { ($0["median_seconds"] as? Double ?? 0) > 0 })
            let show = try await client.ask("node.show", params: #"{"node":"c"}"#)
            let other = try #require(show["result"] as? [String: Any])
            #expect((other["machine"] as? [String: Any])?["cores"] as? Int ?? 0 > 0)
            #expect(code(try await client.ask("node.show", params: #"{"node":"z"}"#)) == 500)
            let certificates = try await client.ask("cert.show")["result"] as? [[String: Any]]
            #expect(certificates?.count == 3)
            let doctor = try #require(try await client.ask("doctor")["result"] as? [[String: Any]])
            #expect(doctor.first { $0["name"] as? String == "peer c" }?["state"] as? String == "ok")
            let health = try #require(
                try await client.ask("node.health")["result"] as? [[String: Any]]
            )
            #expect(Set(health.compactMap { $0["node"] as? String }) == ["a", "b", "c"])
        }
    }

    @Test("What one node's catalogue gets all nodes' get, and what was missed is caught up with")
    func exchange() async throws {
        try await withNodes { nodes in
            for name in ["a", "b"] { try await nodes.start(name) }
            let a = try nodes["a"].services
            let manifests = (0..<120).map(manifest)
            try await a.store.perform { database throws(CatalogError) in
                for manifest in manifests { try database.put(manifest) }
            }
            await a.exchange.announce()
            func count(_ name: String) async throws -> Int {
                try await nodes[name].services.store.perform { database throws(CatalogError) in
                    try database.recordIDs().count
                }
            }
            try await wait(for: "b's records") { try await count("b") == 120 }
            try await nodes.start("c")
            try await wait(for: "c's records") { try await count("c") == 120 }
        }
    }

    @Test("A name agreed on by the nodes is still agreed on when all have been started again")
    func restart() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let key = RegisterKey.dataset(DatasetName(checked: "x"), of: .default)
            let value = try await nodes["a"].services.registers.compareAndSet(
                key,
                expecting: 0,
                to: [1, 2],
                within: .seconds(20)
            )
            await nodes.stop()
            try await nodes.startAll()
            let again = try await nodes["c"].services.registers.read(key, within: .seconds(20))
            #expect(again == value)
        }
    }

    @Test("A node restored from a backup has no vote before the others told it what it lacks")
    func restored() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let c = try nodes["c"].services
            try await wait(for: "c's vote") { await c.registers.isVoting }
            #expect(await !c.registers.isCopied)
            let saved = nodes.home("c") + "/saved"
            try await c.store.perform { database throws(CatalogError) in
                try database.backUp(to: saved)
            }
            let key = RegisterKey.dataset(DatasetName(checked: "x"), of: .default)
            let value = try await nodes["a"].services.registers.compareAndSet(
                key,
                expecting: 0,
                to: [1, 2],
                within: .seconds(20)
            )
            for name in ["b", "c"] { try await nodes.end(name) }
            let catalog = nodes.home("c") + "/state/catalog.sqlite"
            for end in ["", "-wal", "-shm"] { unlink(catalog + end) }
            #expect(rename(saved, catalog) == 0)

            // Twice: a start that ends before anybody was heard leaves the doubt.
            for _ in 0..<2 {
                try await nodes.start("c")
                #expect(await (try nodes["c"]).services.registers.isCopied)
                let check = try #require(try await vote(of: "c", nodes))
                #expect(check["state"] as? String == "warning")
                #expect((check["detail"] as? String)?.contains("old copy") == true)
                await #expect(throws: RegisterError.self) {
                    try await nodes["c"].services.registers.read(key, within: .seconds(1))
                }
                try await nodes.end("c")
            }
            for name in ["b", "c"] { try await nodes.start(name) }
            let restored = try nodes["c"].services.registers
            try await wait(for: "c's vote") { await restored.isVoting }
            #expect(await !restored.isCopied)
            #expect(try await restored.read(key, within: .seconds(20)) == value)
            #expect(try await vote(of: "c", nodes)?["state"] as? String == "ok")
            try await nodes.end("c")
            try await nodes.start("c")
            #expect(await !(try nodes["c"]).services.registers.isCopied)
        }
    }

    private func vote(of name: String, _ nodes: Nodes) async throws -> [String: Any]? {
        let checks = try await nodes.client(name).ask("doctor")["result"] as? [[String: Any]]
        return checks?.first { $0["name"] as? String == "vote" }
    }

    @Test("A second daemon on one state directory does not start, and harms nothing")
    func second() async throws {
        try await withNodes(["a"]) { nodes in
            try await nodes.start("a")
            let error = #expect(throws: StartError.self) { try nodes.make("a") }
            #expect(error?.exitStatus == 1)
            #expect(error?.description.contains("another distmld works in") == true)
            #expect(try await nodes.client("a").ask("version")["result"] != nil)
        }
    }

    @Test("A mistake in the configuration or the key ends with 78")
    func mistakes() async throws {
        try await withNodes(["a"]) { nodes in
            let text = try String(contentsOfFile: nodes.path("a"), encoding: .utf8)
            let bad = nodes.home("a") + "/bad.yaml"
            try (text + "\nwroker: {}\n").write(toFile: bad, atomically: true, encoding: .utf8)
            #expect(#expect(throws: StartError.self) { try LocalNode.check(bad) }?.exitStatus == 78)
            try text.replacing("node: a", with: "node: b")
                .write(toFile: bad, atomically: true, encoding: .utf8)
            let error = #expect(throws: StartError.self) { try LocalNode.check(bad) }
            #expect(error?.exitStatus == 78)
            #expect(error?.description.contains("this node is b") == true)
            try LocalNode.check(nodes.path("a"))
        }
    }

    @Test("A reload takes a new level and new certificates, and nothing where they are wrong")
    func reload() async throws {
        try await withNodes(["a"]) { nodes in
            try await nodes.start("a")
            let client = try nodes.client("a")
            let same = try await client.ask("cert.reload")["result"] as? [String: Any]
            #expect(same?["changed"] as? Bool == false)
            let node = try nodes["a"]
            let text = try String(contentsOfFile: nodes.path("a"), encoding: .utf8)
            try (text + "\nlog: {level: error}\n")
                .write(toFile: nodes.path("a"), atomically: true, encoding: .utf8)
            #expect(try await client.ask("cert.reload").isEmpty == false)
            #expect(node.services.log.level == .error)
            let key = try sharedCertificates.get().files("a").key
            try text.replacing(key, with: nodes.path("a"))
                .write(toFile: nodes.path("a"), atomically: true, encoding: .utf8)
            #expect(code(try await client.ask("cert.reload")) == 100)
            #expect(node.services.log.level == .error)
            #expect(try await client.ask("version")["result"] != nil)
        }
    }

    @Test("The loops of a node that works go round")
    func heartbeats() async throws {
        try await withNodes(["a"]) { nodes in
            try await nodes.start("a")
            let node = try nodes["a"]
            let first = await node.heartbeats()
            try await wait(for: "all loops", seconds: 3) {
                let next = await node.heartbeats()
                return zip(first, next).allSatisfy { $0 != $1 }
            }
        }
    }

    @Test("Every verb of the contract is answered, and no other")
    func verbs() async throws {
        try await withNodes(["a"]) { nodes in
            let table = methodTable(try nodes.make("a").services)
            #expect(table.names == Set(allMethods.map { $0.name }))
            for method in allMethods {
                #expect(table[method.name]?.role == method.role, "\(method.name)")
            }
        }
    }
}

private func manifest(_ index: Int) -> DatasetManifest {
    DatasetManifest(
        tenant: .default,
        name: DatasetName(checked: "d\(index)"),
        version: ContentHash(
            bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 32)
        ),
        layout: .dense,
        rows: 1,
        columns: 1,
        nonzeros: 1,
        mapping: ColumnMapping(columns: nil, count: 1),
        labels: .real,
        classCounts: [],
        constantColumns: [],
        shards: [],
        seed: 0,
        format: "csv",
        // Long enough that one answer does not hold them all.
        warnings: [String(repeating: "w", count: 20_000)],
        addedAt: Double(index)
    )
}
