import Catalog
import ControlAPI
import Datasets
import Domain
import Foundation
import Testing
import WorkerLink

@testable import Daemon

private let member = Caller(uid: 1_000, tenant: .default, role: .member)

/// Does what the worker does, in this process.
func importHere(
    _ job: ImportJob,
    _ descriptors: [Int32],
    _ tell: @escaping @Sendable (DatasetAdd.Item) -> Void
) async throws(RPCError) -> ImportOutcome {
    do throws(DatasetError) {
        let files = zip(job.files, descriptors).map { ImportFile(name: $0, descriptor: $1) }
        let staged = try Importer.read(
            Array(files),
            options: job.options,
            staging: descriptors[files.count]
        )
        let outputs = Array(descriptors.dropFirst(files.count + 1))
        let shards = outputs.isEmpty ? [] : try staged.writeShards(to: outputs, seed: job.seed)
        return ImportOutcome(report: staged.report, shards: shards)
    } catch {
        throw RPCError(error)
    }
}

/// Rows of two classes in a file without a name.
private func rows(_ count: Int, salt: Int = 0) throws -> FileHandle {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    let text = (0..<count).map { row in
        "\(row % 2 == 0 ? "+1" : "-1") 1:\(row + salt) 3:\(row * 7 % 11 + 1)\n"
    }.joined()
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try #require(FileHandle(forReadingAtPath: path))
}

private func addition(
    _ name: String,
    on data: DataService,
    replicas: Int? = nil,
    importing: @escaping Importing = importHere
) -> DatasetAddition {
    let params = DatasetAdd.Params(
        name: DatasetName(checked: name),
        files: ["rows.svm"],
        reading: ReadingOptions(),
        replicas: replicas,
        dryRun: false
    )
    return DatasetAddition(data, params, for: member, telling: { _ in }, importing: importing)
}

/// Everything of a dataset that a node has on its disk or in its catalogue.
func traces(_ data: DataService) async throws -> Int {
    let rows = try await data.catalog { database throws(CatalogError) in
        try database.objects(of: .default).count + database.datasets(of: .default).count
            + database.datasetVersions(of: .default).count
    }
    let scratch = try FileManager.default.contentsOfDirectory(
        atPath: data.objects.folder + "/scratch"
    )
    return rows + data.objects.list(tenant: .default).count + scratch.count
}

@Suite("Datasets across nodes", .serialized)
struct DatasetTests {
    @Test("A dataset that one node adds is listed, intact and readable on all of them")
    func add() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let a = try nodes["a"].services.data
            let file = try rows(31)
            let manifest = try await addition("x", on: a).run([file.fileDescriptor])
            #expect(manifest.shards.map(\.holders.count) == [2, 2, 2])
            #expect(manifest.rows == 31)
            for name in ["a", "b", "c"] {
                let data = try nodes[name].services.data
                try await wait(for: "the dataset on \(name)") {
                    (try? await data.listed(manifest.name, for: member)) == manifest
                }
                let states = await data.states(of: manifest, isDeep: true)
                #expect(states.values.reduce(0) { $0 + $1.count } == 6)
                #expect(states.values.allSatisfy { $0.values.allSatisfy(\.self) })
                // The third node fetches the shard that it does not hold.
                for shard in manifest.shards {
                    let local = try await data.shard(shard.index, of: manifest)
                    #expect(contentHash(of: local.pages) == shard.hash)
                    closeFile(local.descriptor)
                }
                #expect(try await data.dataset(manifest.name, for: member) == manifest)
            }
            let again = await #expect(throws: RPCError.self) {
                try await addition("x", on: a).run([file.fileDescriptor])
            }
            #expect(again?.code == .conflict)
        }
    }

    @Test("Of two adds of one name at once one wins, and nothing is left of the other")
    func race() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let (a, b) = (try nodes["a"].services.data, try nodes["b"].services.data)
            let (first, second) = (try rows(20), try rows(20, salt: 5))
            async let one = outcome { () async throws(RPCError) in
                try await addition("x", on: a).run([first.fileDescriptor])
            }
            async let two = outcome { () async throws(RPCError) in
                try await addition("x", on: b).run([second.fileDescriptor])
            }
            let results = await [one, two]
            let manifests = results.compactMap { try? $0.get() }
            try #require(manifests.count == 1, "\(results)")
            let refusal = results.compactMap { result in
                if case .failure(let error) = result { error } else { nil }
            }.first
            #expect(refusal?.code == .conflict)
            for name in ["a", "b", "c"] {
                let data = try nodes[name].services.data
                try await wait(for: "one dataset on \(name)") {
                    let listed = try? await data.listed(manifests[0].name, for: member)
                    // Two of three shards lie on each node: row, file; then manifest and name.
                    let count = try await traces(data)
                    return listed == manifests[0] && count == 6
                }
            }
        }
    }

    @Test("Data that are refused leave nothing on any node, and the refusal names the place")
    func refused() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let a = try nodes["a"].services.data
            let path = nodes.folder + "/bad.svm"
            try "1 1:2\n-1 1:x\n".write(toFile: path, atomically: true, encoding: .utf8)
            let file = try #require(FileHandle(forReadingAtPath: path))
            let error = await #expect(throws: RPCError.self) {
                try await addition("x", on: a).run([file.fileDescriptor])
            }
            #expect(error?.code == .badData)
            #expect(error?.file == "rows.svm")
            #expect(error?.line == 2)
            #expect(error?.reason == "bad_number")
            for name in ["a", "b", "c"] {
                #expect(try await traces(nodes[name].services.data) == 0)
            }
        }
    }

    @Test("A client that leaves before the name is taken leaves nothing on any node")
    func cancelled() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let a = try nodes["a"].services.data
            let file = try rows(20)
            let task = Task {
                try await addition("x", on: a) { job, descriptors, tell throws(RPCError) in
                    let outcome = try await importHere(job, descriptors, tell)
                    withUnsafeCurrentTask { $0?.cancel() }
                    return outcome
                }.run([file.fileDescriptor])
            }
            await #expect(throws: RPCError.self) { try await task.value }
            for name in ["a", "b", "c"] {
                let data = try nodes[name].services.data
                // A manifest that nobody saw needs no grave.
                try await wait(for: "nothing on \(name)") { try await traces(data) == 0 }
            }
        }
    }

    @Test("A damaged shard is found by its node and index, set aside and replaced")
    func damage() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let (a, b) = (try nodes["a"].services.data, try nodes["b"].services.data)
            let file = try rows(200)
            let manifest = try await addition("x", on: a).run([file.fileDescriptor])
            let object = try await b.catalog { database throws(CatalogError) in
                try database.shard(1, of: manifest.version, for: member)
            }
            let path = b.objects.path(of: ObjectID(text: object.id), tenant: .default)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seek(toOffset: 700)
            try handle.write(contentsOf: Data([1, 2, 3]))
            try handle.close()
            let states = await a.states(of: manifest, isDeep: true)
            #expect(states[NodeID(checked: "b")]?[1] == false)
            #expect(states[NodeID(checked: "b")]?[0] == true)
            #expect(states[NodeID(checked: "a")]?.values.allSatisfy(\.self) == true)
            let later = await a.states(of: manifest, isDeep: true)
            #expect(later[NodeID(checked: "b")]?[1] == true)
        }
    }

    @Test("A removed dataset is gone from all nodes, also from one that was away")
    func remove() async throws {
        try await withNodes { nodes in
            try await nodes.startAll()
            let a = try nodes["a"].services.data
            let file = try rows(20)
            let manifest = try await addition("x", on: a).run([file.fileDescriptor])
            try await nodes["c"].stop()
            nodes.nodes["c"] = nil
            try await nodes["b"].services.data.removeDataset(manifest.name, for: member)
            try await nodes.start("c")
            for name in ["a", "b", "c"] {
                let data = try nodes[name].services.data
                try await wait(for: "nothing on \(name)", seconds: 20) {
                    try await traces(data) == 0
                }
            }
            // The name may be taken again, and by the same rows.
            _ = try await addition("x", on: a).run([file.fileDescriptor])
        }
    }

    @Test("Shard i lies on node i and on those after it")
    func holders() {
        let nodes = ["a", "b", "c"].map { NodeID(checked: $0) }
        #expect(
            shardHolders(nodes, copies: 2).map { $0.map(\.text) } == [
                ["a", "b"], ["b", "c"], ["c", "a"],
            ]
        )
        #expect(shardHolders(Array(nodes.prefix(1)), copies: 2).map(\.count) == [1])
    }
}

/// What a task ended with.
private func outcome<Value: Sendable>(
    _ body: () async throws(RPCError) -> Value
) async -> Result<Value, RPCError> {
    do throws(RPCError) { return .success(try await body()) } catch { return .failure(error) }
}
