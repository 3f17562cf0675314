import Catalog
import ControlAPI
import Datasets
import Domain
import Glibc
import JSONRPC
import Wire

/// SHA-256 of a plan as every participant encodes it.
func digest(of plan: RunPlan) -> ContentHash {
    // Keys are sorted, so the same plan gives the same bytes everywhere.
    let bytes = (try? JSONCoding.encode(plan)) ?? []
    return contentHash(of: bytes)
}

/// The newest whole checkpoint of a run on this node.
func offer(_ run: RunID, _ tenant: TenantID, in world: RunWorld) async -> CheckpointOffer? {
    guard let (checkpoint, _) = await newestCheckpoint(of: run, tenant: tenant, in: world) else {
        return nil
    }
    return CheckpointOffer(
        step: checkpoint.step,
        hash: checkpoint.hash,
        bytes: checkpoint.bytes,
        holder: world.node
    )
}

/// The lines of a run's log on this node.
func lines(
    of run: RunID,
    _ tenant: TenantID,
    _ tail: Int?,
    in world: RunWorld
) async -> [RunLogLine] {
    let lines = try? await world.store.perform { database throws(CatalogError) in
        try database.lines(of: run, tail: tail, for: .daemon(of: tenant))
    }
    return lines ?? []
}

/// Lets peers fetch checkpoints of this node.
func serveCheckpoints(in world: RunWorld) {
    world.network.serveFetch(checkpointFetchMethod) { _, payload throws(PeerRefusal) in
        let place: (TenantID, RunID)
        do throws(WireError) {
            var reader = ByteReader(payload)
            let tenant = try reader.string("tenant", limit: 64)
            let run = try reader.string("run", limit: 64)
            guard let tenant = TenantID(tenant), let run = RunID(run) else {
                throw .badValue(what: "run", value: "")
            }
            place = (tenant, run)
        } catch { throw PeerRefusal(code: -32602, message: "\(error)") }
        let newest = await newestCheckpoint(of: place.1, tenant: place.0, in: world)
        guard let (checkpoint, _) = newest, let id = ObjectID(stored: checkpoint.object),
            let descriptor = try? world.objects.open(id, tenant: place.0)
        else { throw PeerRefusal(RPCError(.notFound, "no checkpoint of \(place.1)")) }
        return ObjectSource(descriptor: descriptor, bytes: checkpoint.bytes)
    }
}

/// Closes a shard that was only to be seen.
func close(_ shard: LocalShard) { _ = Glibc.close(shard.descriptor) }
