import Catalog
import ControlAPI
import Datasets
import Domain
import Foundation
import LinearAlgebra
import TLSTransport
import Testing

@testable import Daemon

private let member = Caller(uid: 1_000, tenant: .default, role: .member)

/// A file without a name.
private func file(_ text: String) throws -> FileHandle {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try #require(FileHandle(forReadingAtPath: path))
}

/// Rows of LIBSVM text, of two classes unless `labels` says otherwise.
private func text(_ rows: Int, salt: Int = 0, labels: [String] = ["+1", "-1"]) -> String {
    (0..<rows).map { row in
        "\(labels[row % labels.count]) 1:\(row + salt + 1) 3:\(row * 7 % 11 + 1)\n"
    }.joined()
}

/// A table with a column of text.
private func table(_ rows: Int, colours: [String], labels: [String] = ["no", "yes"]) -> String {
    "size,colour,y\n"
        + (0..<rows).map { row in
            "\(row * 3 % 17),\(colours[row % colours.count]),\(labels[row % labels.count])\n"
        }.joined()
}

/// One node's part in the making.
private struct Part {
    var name = "x"
    var text: String
    var classes: [String]? = ["-1", "+1"]
    var shareRows = false
    var header: Bool?
    var missing: ReadingOptions.Missing?
    var isLocal = true
    var importing: Importing = importHere

    init(_ text: String) { self.text = text }

    func add(on data: DataService) async throws -> DatasetManifest {
        var reading = ReadingOptions()
        reading.classes = classes
        reading.header = header
        reading.missing = missing
        let params = DatasetAdd.Params(
            name: DatasetName(checked: name),
            files: ["rows"],
            reading: reading,
            isLocal: isLocal,
            shareRows: shareRows,
            dryRun: false
        )
        let addition = DatasetAddition(
            data,
            params,
            for: member,
            telling: { _ in },
            importing: importing
        )
        let handle = try file(text)
        return try await addition.run([handle.fileDescriptor])
    }

    /// The refusal of a part that must be refused.
    func refusal(on data: DataService) async throws -> RPCError {
        let error = await #expect(throws: RPCError.self) { _ = try await add(on: data) }
        return try #require(error)
    }
}

/// Adds a part on each node, in the order of their names, and waits until all know of all.
private func addAll(_ parts: [Part], _ nodes: Nodes) async throws -> DatasetManifest {
    var manifest: DatasetManifest?
    for (name, part) in zip(["a", "b", "c"], parts) {
        manifest = try await part.add(on: nodes[name].services.data)
    }
    let last = try #require(manifest)
    for name in ["a", "b", "c"] {
        let data = try nodes[name].services.data
        try await wait(for: "the parts on \(name)") {
            (try? await data.listed(last.name, for: member)) == last
        }
    }
    return last
}

@Suite("Rows that stay on their nodes", .serialized)
struct LocalDatasetTests {
    @Test("Each node registers its own part; all know of all parts, and no row leaves its node")
    func parts() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let manifest = try await addAll(
                [Part(text(40)), Part(text(50, salt: 9)), Part(text(64, salt: 4))],
                nodes
            )
            #expect(manifest.isLocal)
            #expect(manifest.rows == 154)
            #expect(manifest.shards.map(\.holders) == [["a"], ["b"], ["c"]].map(names))
            #expect(manifest.classCounts.map(\.count) == [77, 77])
            #expect(manifest.constantColumns.isEmpty)
            for (index, name) in ["a", "b", "c"].enumerated() {
                let data = try nodes[name].services.data
                try await wait(for: "only its own part on \(name)") {
                    // A row, its file, the manifest and the name: older versions are gone.
                    try await traces(data) == 4
                }
                let own = try await data.shard(index, of: manifest)
                closeFile(own.descriptor)
                for other in 0..<3 where other != index {
                    let refusal = await #expect(throws: RPCError.self) {
                        _ = try await data.shard(other, of: manifest)
                    }
                    #expect(refusal?.message.contains("stays on its own node") == true)
                }
            }
            let states = try await nodes["b"].services.data.states(of: manifest, isDeep: true)
            #expect(states.values.reduce(0) { $0 + $1.count } == 3)
            #expect(states.values.allSatisfy { $0.values.allSatisfy(\.self) })
        }
    }

    @Test("A node that is asked for the file of its part does not send it")
    func unsent() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let manifest = try await Part(text(40)).add(on: nodes["a"].services.data)
            let data = try nodes["b"].services.data
            let wanted = ShardFetch(tenant: .default, version: manifest.version, index: 0)
            let target = try data.objects.create()
            let error = await #expect(throws: PeerError.self) {
                _ = try await data.network.fetch(
                    NodeID(checked: "a"),
                    ShardFetch.method,
                    try encoding(wanted),
                    into: target.descriptor,
                    bytesMax: 1 << 20
                )
            }
            #expect("\(try #require(error))".contains("stay where they are"))
            var forged = manifest
            forged.isLocal = false
            let refusal = await #expect(throws: RPCError.self) {
                _ = try await nodes["a"].services.data.shard(0, of: forged)
            }
            #expect(refusal?.code == .refused)
        }
    }

    @Test("What stands in the rows is not told unless somebody says so, and nothing is left")
    func refusals() async throws {
        try await withNodes(["a"]) { nodes in
            try await nodes.startAll()
            let data = try nodes["a"].services.data
            var undeclared = Part(text(40))
            undeclared.classes = nil
            let classes = try await undeclared.refusal(on: data)
            #expect(classes.code == .refused)
            #expect(classes.hint?.contains("--classes -1,+1") == true)
            var words = Part(table(40, colours: ["red", "blue"]))
            (words.classes, words.header) = (["no", "yes"], true)
            #expect(try await words.refusal(on: data).message.contains("'colour' is text"))
            var headless = Part((0..<40).map { "\($0 % 5),\($0 % 2)\n" }.joined())
            headless.classes = ["0", "1"]
            #expect(try await headless.refusal(on: data).hint?.contains("--header") == true)
            #expect(try await Part(text(31)).refusal(on: data).message.hasPrefix("31 rows"))
            let gaps = (0..<40).map { "\($0),\($0 < 9 ? "5" : ""),\($0 % 2)\n" }
            var means = Part("a,b,y\n" + gaps.joined())
            (means.classes, means.header, means.missing) = (["0", "1"], true, .mean)
            #expect(try await means.refusal(on: data).reason == "missing_value")
            #expect(try await traces(data) == 0)
            for part in [undeclared, words, headless, Part(text(31)), means] {
                var shared = part
                shared.shareRows = true
                shared.name = "x\(part.text.utf8.count)"
                #expect(try await shared.add(on: data).isLocal)
            }
        }
    }

    @Test("A part that brings other classes or categories is refused, with what would help")
    func strange() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let (a, b) = (try nodes["a"].services.data, try nodes["b"].services.data)
            let first = try await Part(text(40)).add(on: a)
            var strange = Part(text(40, labels: ["+1", "3"]))
            strange.classes = nil
            let refusal = try await strange.refusal(on: b)
            #expect(refusal.reason == "unknown_class")
            #expect(refusal.hint?.contains("--share-rows") == true)
            var declared = Part(text(40))
            declared.classes = ["-1", "+1", "3"]
            #expect(try await declared.refusal(on: b).message.contains("declared otherwise"))
            let beyond = Part(text(40) + "+1 9:1\n")
            #expect(try await beyond.refusal(on: b).reason == "columns_differ")
            #expect(try await b.dataset(first.name, for: member) == first)
            #expect(try await traces(a) == 4)
        }
    }

    @Test("Parts stored as bytes become floats when one comes that is not all bytes")
    func becomingFloats() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            var parts = [40, 42].map { Part(table($0, colours: ["red", "blue"])) }
            parts.append(Part(table(36, colours: ["red", "blue"]) + "0.5,red,no\n"))
            for i in parts.indices { (parts[i].classes, parts[i].shareRows) = (nil, true) }
            #expect(try await parts[0].add(on: nodes["a"].services.data).layout == .bytes)
            _ = try await parts[1].add(on: nodes["b"].services.data)
            let manifest = try await parts[2].add(on: nodes["c"].services.data)
            #expect(manifest.layout == .dense)
            for part in manifest.shards {
                #expect(part.bytes == ShardLayout(part, of: manifest).fileBytes)
            }
            let states = try await nodes["a"].services.data.states(of: manifest, isDeep: true)
            #expect(states.count == 3)
            #expect(states.values.allSatisfy { $0.values.allSatisfy(\.self) })
        }
    }

    @Test("With shared rows the union is agreed, and the parts that were there make room")
    func union() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            var first = Part(table(40, colours: ["red", "blue"]))
            (first.classes, first.shareRows) = (nil, true)
            var second = Part(
                table(42, colours: ["green", "blue"], labels: ["maybe", "no", "yes"])
            )
            (second.classes, second.shareRows) = (nil, true)
            var third = Part(table(36, colours: ["amber"], labels: ["yes"]))
            (third.classes, third.shareRows) = (nil, true)
            let manifest = try await addAll([first, second, third], nodes)
            #expect(
                manifest.mapping.columns?[1].categories == ["amber", "blue", "green", "red"]
            )
            #expect(manifest.columns == 5)
            #expect(manifest.labels == .classes(["maybe", "no", "yes"]))
            #expect(manifest.classCounts.map(\.count) == [14, 34, 70])
            #expect(manifest.shards.allSatisfy { $0.values == 5 * $0.rows })
            let a = try nodes["a"].services.data
            let states = await a.states(of: manifest, isDeep: true)
            #expect(states.count == 3)
            #expect(states.values.allSatisfy { $0.values.allSatisfy(\.self) })
            let local = try await a.shard(0, of: manifest)
            defer { closeFile(local.descriptor) }
            let reader = try MappedShardReader(
                descriptor: local.descriptor,
                layout: ShardLayout(manifest.shards[0], of: manifest),
                hash: manifest.shards[0].hash,
                classes: 3,
                name: "part"
            )
            var counts = [Int](repeating: 0, count: 3)
            var blue: Float = 0
            try reader.withRows(0..<40) { batch in
                guard case .dense(let base) = batch.features,
                    case .classes(let labels) = batch.labels
                else { return }
                for row in 0..<40 {
                    counts[Int(labels[row])] += 1
                    blue += base[5 * row + 2]
                }
            }
            #expect(counts == [0, 20, 20])
            #expect(blue == 20)
        }
    }

    @Test("A name is either dealt or local, and a node has one part of it")
    func conflicts() async throws {
        try await withNodes(["a", "b"]) { nodes in
            try await nodes.startAll()
            let (a, b) = (try nodes["a"].services.data, try nodes["b"].services.data)
            _ = try await Part(text(40)).add(on: a)
            let again = try await Part(text(40, salt: 1)).refusal(on: a)
            #expect(again.code == .conflict)
            #expect(again.message.contains("registered already"))
            var dealt = Part(text(40))
            dealt.isLocal = false
            #expect(try await dealt.refusal(on: b).code == .conflict)
            dealt.name = "y"
            _ = try await dealt.add(on: b)
            var late = Part(text(40))
            late.name = "y"
            #expect(try await late.refusal(on: a).code == .conflict)
        }
    }

    @Test("Without one of the holders no part is added, and the holder is named")
    func absent() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let first = try await Part(text(40)).add(on: nodes["a"].services.data)
            let b = try nodes["b"].services.data
            try await wait(for: "the name on b") {
                (try? await b.listed(first.name, for: member)) == first
            }
            let before = try await traces(b)
            try await nodes["a"].stop()
            nodes.nodes["a"] = nil
            let error = try await Part(text(40, salt: 3)).refusal(on: b)
            #expect(error.node == NodeID(checked: "a"))
            #expect(try await b.dataset(first.name, for: member) == first)
            #expect(try await traces(b) == before)
        }
    }

    @Test("A client that leaves in the middle, or a part that is damaged, leaves all as it was")
    func cut() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let (a, b) = (try nodes["a"].services.data, try nodes["b"].services.data)
            let first = try await Part(text(40)).add(on: a)
            var leaving = Part(text(40, salt: 2))
            leaving.importing = { job, descriptors, tell throws(RPCError) in
                let outcome = try await importHere(job, descriptors, tell)
                withUnsafeCurrentTask { $0?.cancel() }
                return outcome
            }
            let part = leaving
            let task = Task { try await part.add(on: b) }
            await #expect(throws: RPCError.self) { try await task.value }
            try await wait(for: "nothing new on a") { try await traces(a) == 4 }
            #expect(try await b.dataset(first.name, for: member) == first)
            let object = try await a.catalog { database throws(CatalogError) in
                try database.shard(0, of: first.version, for: member)
            }
            let path = a.objects.path(of: ObjectID(text: object.id), tenant: .default)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seek(toOffset: 700)
            try handle.write(contentsOf: Data([1, 2, 3]))
            try handle.close()
            let error = try await Part(text(40, salt: 5)).refusal(on: b)
            #expect(error.node == NodeID(checked: "a"))
            #expect(try await b.dataset(first.name, for: member) == first)
            // Nobody else has the rows: what is damaged stays so, and is told.
            let states = await b.states(of: first, isDeep: true)
            #expect(states[NodeID(checked: "a")] == [0: false])
            let lost = await #expect(throws: RPCError.self) { _ = try await a.shard(0, of: first) }
            #expect(lost?.message.contains("nobody else has these rows") == true)
        }
    }

    @Test("Once a run has used the parts no other is added, until the run is forgotten")
    func settled() async throws {
        try await withNodes(["a", "b"]) { nodes in
            try await nodes.startAll()
            let (a, b) = (try nodes["a"].services.data, try nodes["b"].services.data)
            let first = try await Part(text(40)).add(on: a)
            let plan = RunPlan(
                run: RunID(checked: "r-used"),
                tenant: .default,
                generation: Generation(1),
                coordinator: a.node,
                seats: [Seat(node: a.node, shards: [0])],
                dataset: first.version
            )
            let record = RunRecord(
                id: plan.run,
                tenant: .default,
                spec: RunSpec(algorithm: .sgd, dataset: first.name),
                plan: plan,
                startedBy: 0,
                startedAt: 1
            )
            try await a.catalog { database throws(CatalogError) in try database.obey(record) }
            let error = try await Part(text(40, salt: 1)).refusal(on: b)
            #expect(error.code == .conflict)
            #expect(error.message.contains("r-used"))
            try await a.catalog { database throws(CatalogError) in
                try database.remove(plan.run, for: member)
            }
            #expect(try await Part(text(40, salt: 1)).add(on: b).shards.count == 2)
            try await b.removeDataset(first.name, for: member)
            for data in [a, b] {
                try await wait(for: "nothing left on \(data.node)") {
                    try await traces(data) == 0
                }
            }
        }
    }
}

private func names(_ names: [String]) -> [NodeID] { names.map { NodeID(checked: $0) } }
