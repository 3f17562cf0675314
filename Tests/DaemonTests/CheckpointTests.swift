import Catalog
import Domain
import Foundation
import Testing
import Training

@testable import Daemon

@Suite("Checkpoints on the disk", .serialized)
struct CheckpointTests {
    private let run = RunID(checked: "r-1234")

    private func bytes(step: Int) -> [UInt8] {
        var checkpoint = TrainingCheckpoint()
        checkpoint.step = step
        checkpoint.parameters = (0..<24).map { Float($0 + step) + 0.5 }
        // A tail of zeros would be the same cut off and filled up again.
        checkpoint.choices = "rate 0.1"
        return checkpoint.bytes
    }

    /// A node with a run whose checkpoints of steps 10 and 20 lie on its disk.
    private func withCheckpoints(
        _ body: (Nodes, RunWorld) async throws -> Void
    ) async throws {
        try await withNodes(["a"]) { nodes in
            try await nodes.start("a")
            let world = try nodes["a"].services.runs.world
            let plan = RunPlan(
                run: run,
                tenant: .default,
                generation: Generation(1),
                coordinator: world.node,
                seats: [Seat(node: world.node, shards: [0])],
                dataset: ContentHash(bytes: [UInt8](repeating: 1, count: 32))
            )
            let spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "digits"))
            let record = RunRecord(
                id: run,
                tenant: .default,
                spec: spec,
                plan: plan,
                startedBy: 0,
                startedAt: 1
            )
            try await world.store.perform { database throws(CatalogError) in
                try database.obey(record)
            }
            for step in [10, 20] { try await store(step, in: world) }
            try await body(nodes, world)
        }
    }

    private func store(_ step: Int, in world: RunWorld) async throws {
        let stored = try await storeCheckpoint(
            bytes(step: step),
            of: run,
            tenant: .default,
            generation: Generation(1),
            in: world
        )
        #expect(stored == step)
    }

    private func newestStep(in world: RunWorld) async -> Int? {
        await newestCheckpoint(of: run, tenant: .default, in: world)?.0.step
    }

    private func file(of step: Int, in world: RunWorld) async throws -> URL {
        let known = try await world.store.perform { database throws(CatalogError) in
            try database.checkpoints(of: run, for: .daemon(of: .default))
        }
        let found = try #require(known.first { $0.step == step })
        let id = try #require(ObjectID(stored: found.object))
        return URL(filePath: world.objects.path(of: id, tenant: .default))
    }

    @Test("Cut off anywhere, or filled with zeros from anywhere, the one before is used")
    func torn() async throws {
        try await withCheckpoints { _, world in
            let file = try await file(of: 20, in: world)
            let whole = try Data(contentsOf: file)
            for count in 0..<whole.count {
                try whole.prefix(count).write(to: file)
                #expect(await newestStep(in: world) == 10, "\(count) bytes")
                let rest = whole.count - count
                guard whole.suffix(rest).contains(where: { $0 != 0 }) else { continue }
                try (whole.prefix(count) + Data(count: rest)).write(to: file)
                #expect(await newestStep(in: world) == 10, "zeros from \(count) on")
            }
            try whole.write(to: file)
            #expect(await newestStep(in: world) == 20)
            try FileManager.default.removeItem(at: file)
            #expect(await newestStep(in: world) == 10)
        }
    }

    @Test("Two hundred flipped bits are all found, and both damaged leave none")
    func flipped() async throws {
        try await withCheckpoints { _, world in
            let file = try await file(of: 20, in: world)
            let whole = try Data(contentsOf: file)
            for _ in 0..<200 {
                var damaged = whole
                damaged[Int.random(in: 0..<whole.count)] ^= UInt8(1) << UInt8.random(in: 0..<8)
                try damaged.write(to: file)
                #expect(await newestStep(in: world) == 10)
            }
            try Data().write(to: try await self.file(of: 10, in: world))
            #expect(await newestStep(in: world) == nil)
        }
    }

    @Test("A crash between any two steps of writing leaves whole checkpoints, and no litter")
    func crash() async throws {
        try await withCheckpoints { nodes, world in
            let objects = world.objects
            let next = bytes(step: 30)
            // Before the rename: a scratch file, whole or not, that a crash left open.
            let scratch = nodes.home("a") + "/state/scratch/"
            for count in [0, 1, next.count / 2, next.count] {
                let name = ObjectID.random().text
                try Data(next.prefix(count)).write(to: URL(filePath: scratch + name))
            }
            // After it, and before the row: an object that nobody names.
            let unnamed = try objects.create()
            try objects.writeAll(next, to: unnamed.descriptor, path: unnamed.path)
            let id = try objects.commit(unnamed, pages: nil, tenant: .default)
            #expect(await newestStep(in: world) == 20)
            await nodes.stop()
            try await nodes.start("a")
            let again = try nodes["a"].services.runs.world
            #expect(await newestStep(in: again) == 20)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch).isEmpty)
            #expect(!again.objects.list(tenant: .default).contains(id))
            // After the row, and before the older one was dropped: three rows, the newest counts.
            try await store(30, in: again)
            #expect(await newestStep(in: again) == 30)
            #expect(again.objects.list(tenant: .default).count == 2)
        }
    }
}
