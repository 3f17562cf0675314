import Catalog
import ControlAPI
import Domain
import Registers
import Synchronization
import Testing

@testable import Daemon

/// Data of runs in which storing a model lasts until somebody lets it go on.
private final class SlowData: RunData {
    let saving = AsyncStream.makeStream(of: Void.self)
    let released = AsyncStream.makeStream(of: Void.self)

    func dataset(
        _ name: DatasetName,
        for caller: Caller
    ) async throws(RPCError) -> DatasetManifest { throw nothing }

    func manifest(
        _ version: ContentHash,
        _ tenant: TenantID
    ) async throws(RPCError) -> DatasetManifest { throw nothing }

    func hasModel(_ name: ModelName, for caller: Caller) async -> Bool { false }

    func shard(
        _ index: Int,
        of manifest: DatasetManifest
    ) async throws(RPCError) -> LocalShard { throw nothing }

    func mend(_ manifest: DatasetManifest) async {}

    func save(_ model: FinishedModel) async throws(RPCError) {
        saving.continuation.yield()
        for await _ in released.stream { return }
    }

    private var nothing: RPCError { RPCError(.notFound, "there are no data here") }
}

@Suite("The end of a run on a node", .serialized)
struct RunEndingTests {
    private let result = RunResult(outcome: .converged, rule: "plateau")

    /// A run of node a alone that is agreed to exist, with its part on that node.
    private func part(
        _ id: String,
        on node: LocalNode,
        data: (any RunData)? = nil
    ) async throws -> LocalRun {
        let plan = RunPlan(
            run: RunID(checked: id),
            tenant: .default,
            generation: Generation(1),
            coordinator: NodeID(checked: "a"),
            seats: [Seat(node: NodeID(checked: "a"), shards: [])],
            dataset: ContentHash(bytes: [UInt8](repeating: 7, count: 32))
        )
        let record = RunRecord(
            id: plan.run,
            tenant: .default,
            spec: RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "x")),
            plan: plan,
            startedBy: 0,
            startedAt: 1
        )
        let register = RunRegister(
            tenant: .default,
            generation: plan.generation,
            coordinator: plan.coordinator,
            seats: plan.seats.map(\.node)
        )
        let world = node.services.runs.world
        _ = try await world.registers.compareAndSet(
            .run(plan.run),
            expecting: 0,
            to: register.bytes,
            of: .seats(plan.seats.map(\.node))
        )
        try await world.store.perform { database throws(CatalogError) in
            try database.obey(record)
        }
        let request = RunPrepareCall.Request(
            record: record,
            digest: digest(of: plan),
            dataset: sampleManifest("x")
        )
        let own = RunWorld(
            network: world.network,
            store: world.store,
            registers: world.registers,
            objects: world.objects,
            data: data ?? world.data,
            workers: world.workers,
            policy: world.policy,
            memoryBytes: world.memoryBytes,
            log: world.log
        )
        return try LocalRun(request, rank: Rank(0), in: own)
    }

    private func stored(_ part: LocalRun, on node: LocalNode) async throws -> RunRecord {
        let id = part.id
        return try await node.services.store.perform { database throws(CatalogError) in
            try database.run(id, for: .daemon(of: .default))
        }
    }

    @Test("It is shown once the model lies on the disk, and not before")
    func order() async throws {
        try await withNodes(["a"]) { nodes in
            try await nodes.startAll()
            let node = try nodes["a"]
            let data = SlowData()
            let part = try await part("r-slow", on: node, data: data)
            let shape = ModelShape(
                kind: .logistic,
                columns: 2,
                classes: 2,
                bias: .free,
                biasScale: 1
            )
            let result = result
            let end = Task {
                await part.finish(result, MadeModel(shape: shape, words: [1, 2, 3]))
            }
            for await _ in data.saving.stream { break }
            for shown in [await part.record, try await stored(part, on: node)] {
                #expect(shown.status != .ended || shown.isProvisional)
            }
            #expect(await !part.isStored)
            data.released.continuation.yield()
            await end.value
            for shown in [await part.record, try await stored(part, on: node)] {
                #expect(shown.status == .ended && !shown.isProvisional)
                #expect(shown.model?.text == "r-slow")
            }
            #expect(await part.isStored)
        }
    }

    @Test("Nothing is written behind it, and no run complains")
    func writes() async throws {
        try await withNodes(["a"]) { nodes in
            try await nodes.startAll()
            let node = try nodes["a"]
            for number in 0..<20 {
                let part = try await part("r-run\(number)", on: node)
                await part.handle(.localEnd(result))
                try await wait(for: "the end of run \(number)") { await part.isStored }
                // What a worker says late.
                await part.chose("nothing any more")
                await part.keep()
                #expect(try await stored(part, on: node).isProvisional == false)
            }
            #expect(!nodes.log.text.contains("not stored"), "\(nodes.log.text)")
        }
    }
}
