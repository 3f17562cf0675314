import Catalog
import ControlAPI
import Datasets
import Domain
import Glibc
import Logging
import Training
import Wire

/// Checkpoints kept of one run on one node: the newest, and one in reserve.
private let checkpointsKept = 2

/// Puts a checkpoint on the disk, whole or not at all, and notes it; returns its step.
func storeCheckpoint(
    _ bytes: [UInt8],
    of run: RunID,
    tenant: TenantID,
    generation: Generation,
    in world: RunWorld
) async throws(RPCError) -> Int {
    let step: Int
    do throws(WireError) { step = try TrainingCheckpoint(bytes: bytes).step } catch {
        throw RPCError(.failed, "the checkpoint cannot be read: \(error)", node: world.node)
    }
    let objects = world.objects
    let node = world.node
    let id = try await onOwnThread("checkpoint", failing: { RPCError($0) }) {
        Result { () throws(RPCError) in
            do throws(ObjectError) {
                let file = try objects.create()
                try objects.writeAll(bytes, to: file.descriptor, path: file.path)
                return try objects.commit(file, pages: nil, tenant: tenant)
            } catch { throw RPCError(error, node: node) }
        }
    }
    let checkpoint = RunCheckpoint(
        generation: generation,
        step: step,
        object: id.text,
        hash: contentHash(of: bytes),
        bytes: bytes.count
    )
    do throws(CatalogError) {
        let dropped = try await world.store.perform { database throws(CatalogError) in
            try database.put(checkpoint, of: run, tenant: tenant)
            let all = try database.checkpoints(of: run, for: .daemon(of: tenant))
            let old = Array(all.dropFirst(checkpointsKept))
            for one in old { try database.forget(one, of: run, tenant: tenant) }
            return old.map(\.object)
        }
        for text in dropped {
            if let old = ObjectID(stored: text) { objects.remove(old, tenant: tenant) }
        }
    } catch {
        objects.remove(id, tenant: tenant)
        throw RPCError(error)
    }
    return step
}

/// The newest checkpoint of a run on this node that is whole.
func newestCheckpoint(
    of run: RunID,
    tenant: TenantID,
    in world: RunWorld
) async -> (RunCheckpoint, [UInt8])? {
    let known = try? await world.store.perform { database throws(CatalogError) in
        try database.checkpoints(of: run, for: .daemon(of: tenant))
    }
    for checkpoint in known ?? [] {
        if let bytes = read(checkpoint, tenant: tenant, in: world) { return (checkpoint, bytes) }
        world.log.warning(
            "checkpoint is damaged and skipped",
            metadata: ["run": "\(run)", "step": "\(checkpoint.step)"]
        )
    }
    return nil
}

/// The bytes of a checkpoint, if they are what was written.
private func read(
    _ checkpoint: RunCheckpoint,
    tenant: TenantID,
    in world: RunWorld
) -> [UInt8]? {
    guard let id = ObjectID(stored: checkpoint.object),
        let descriptor = try? world.objects.open(id, tenant: tenant)
    else { return nil }
    defer { close(descriptor) }
    let path = world.objects.path(of: id, tenant: tenant)
    guard let bytes = try? world.objects.readAll(descriptor, path: path),
        contentHash(of: bytes) == checkpoint.hash
    else { return nil }
    return bytes
}

/// The bytes of the checkpoint that was agreed on, from here or from who has it.
func loadCheckpoint(
    _ offer: CheckpointOffer,
    of run: RunID,
    tenant: TenantID,
    in world: RunWorld
) async throws(RPCError) -> [UInt8] {
    if let (own, bytes) = await newestCheckpoint(of: run, tenant: tenant, in: world),
        own.hash == offer.hash
    {
        return bytes
    }
    guard offer.holder != world.node else {
        throw RPCError(.failed, "checkpoint \(offer.step) of \(run) is gone", node: world.node)
    }
    let bytes = try await fetchCheckpoint(offer, of: run, tenant: tenant, in: world)
    guard contentHash(of: bytes) == offer.hash else {
        throw RPCError(
            .failed,
            "checkpoint \(offer.step) of \(run) came damaged from node \(offer.holder)",
            node: world.node
        )
    }
    return bytes
}

private func fetchCheckpoint(
    _ offer: CheckpointOffer,
    of run: RunID,
    tenant: TenantID,
    in world: RunWorld
) async throws(RPCError) -> [UInt8] {
    let descriptor: Int32
    do throws(ObjectError) { descriptor = try world.objects.createUnnamed() } catch {
        throw RPCError(error, node: world.node)
    }
    defer { close(descriptor) }
    var writer = ByteWriter()
    writer.write(tenant.text)
    writer.write(run.text)
    do throws(PeerError) {
        _ = try await world.network.fetch(
            offer.holder,
            checkpointFetchMethod,
            writer.bytes,
            into: descriptor,
            bytesMax: offer.bytes
        )
    } catch { throw RPCError(.failed, "\(error)", node: world.node) }
    do throws(ObjectError) {
        return try world.objects.readAll(descriptor, path: "checkpoint")
    } catch { throw RPCError(error, node: world.node) }
}
