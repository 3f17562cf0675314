import Catalog
import ControlAPI
import Datasets
import Domain
import Glibc
import TLSTransport
import Wire
import Logging

/// Shards on this node: served to peers, fetched from them, looked after.
extension DataService {
    func serveShards() {
        network.serveFetch(ShardFetch.method) {
            [weak self] _, payload async throws(PeerRefusal) in
            let wanted: ShardFetch = try decoding(payload)
            return try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                return try await self.source(of: wanted)
            }
        }
        network.handle(ShardStateCall.self) { [weak self] _, request async throws(PeerRefusal) in
            try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                let states = try await self.localStates(request.manifest, isDeep: request.isDeep)
                return ShardStateCall.Reply(shards: states)
            }
        }
    }

    private func source(of wanted: ShardFetch) async throws(RPCError) -> ObjectSource {
        let object = try await catalog { database throws(CatalogError) in
            try database.shard(
                wanted.index,
                of: wanted.version,
                for: .daemon(of: wanted.tenant)
            )
        }
        guard !object.stays else {
            throw RPCError(.refused, "the rows of this part stay where they are", node: node)
        }
        let descriptor = try open(object)
        return ObjectSource(descriptor: descriptor, bytes: object.bytes)
    }

    /// Opens a file of ours for reading; the caller closes it.
    func open(_ object: StoredObject) throws(RPCError) -> Int32 {
        guard let id = ObjectID(stored: object.id) else {
            throw RPCError(.internalError, "'\(object.id)' is no name of an object")
        }
        do throws(ObjectError) {
            return try objects.open(id, tenant: object.tenant)
        } catch {
            throw RPCError(error, node: node)
        }
    }

    /// A shard that lies here; fetched from another holder, and checked, where it does not yet.
    func shard(
        _ index: Int,
        of manifest: DatasetManifest
    ) async throws(RPCError) -> LocalShard {
        let shard = manifest.shards[index]
        let layout = ShardLayout(shard, of: manifest)
        let found = try? await catalog { database throws(CatalogError) in
            try database.shard(index, of: manifest.version, for: .daemon(of: manifest.tenant))
        }
        if let found {
            guard found.stays == manifest.isLocal else {
                throw RPCError(.refused, "its part of \(manifest.name) stays here", node: node)
            }
            if let local = try? self.local(found, layout, shard) { return local }
            await quarantine(found)
        }
        return try local(try await fetchShard(shard, of: manifest), layout, shard)
    }

    /// Opens a shard of ours whose digests are the right ones; each page is checked at its use.
    private func local(
        _ object: StoredObject,
        _ layout: ShardLayout,
        _ shard: ShardDescription
    ) throws(RPCError) -> LocalShard {
        let descriptor = try open(object)
        do throws(DatasetError) {
            let name = "shard \(shard.index)"
            let pages = try statedDigests(of: descriptor, layout: layout, name: name)
            guard contentHash(of: pages) == shard.hash else {
                throw DatasetError(.dataCorrupt, "\(name) is not what was stored")
            }
            var writer = ByteWriter()
            layout.write(to: &writer)
            return LocalShard(descriptor: descriptor, pages: pages, layout: writer.bytes)
        } catch {
            close(descriptor)
            throw RPCError(error, node: node)
        }
    }

    /// Gets a shard from any other node that has it, unless it is here by now.
    func fetchShard(
        _ shard: ShardDescription,
        of manifest: DatasetManifest
    ) async throws(RPCError) -> StoredObject {
        let thing = "shard/\(manifest.tenant)/\(manifest.version)/\(shard.index)"
        return try await works.once(thing) { () async throws(RPCError) in
            let found = try? await self.catalog { database throws(CatalogError) in
                try database.shard(
                    shard.index,
                    of: manifest.version,
                    for: .daemon(of: manifest.tenant)
                )
            }
            if let found { return found }
            guard !manifest.isLocal else { throw self.lostPart(shard, of: manifest) }
            return try await self.fetchFromHolders(shard, of: manifest)
        }
    }

    /// Nobody else has the rows of a part that stays.
    private func lostPart(_ shard: ShardDescription, of manifest: DatasetManifest) -> RPCError {
        let isOurs = shard.holders.contains(node)
        return RPCError(
            .failed,
            isOurs
                ? "its part of \(manifest.name) is gone or damaged, and nobody else has these rows"
                : "part \(shard.index) of \(manifest.name) stays on its own node",
            node: isOurs ? node : shard.holders.first,
            hint: isOurs
                ? "remove the dataset with 'distmlctl dataset rm \(manifest.name)'; then each node "
                    + "adds its part again" : nil
        )
    }

    private func fetchFromHolders(
        _ shard: ShardDescription,
        of manifest: DatasetManifest
    ) async throws(RPCError) -> StoredObject {
        let others = shard.holders + aliveNodes.filter { !shard.holders.contains($0) }
        var reason = "no other node holds it"
        for holder in others where holder != node {
            guard network.view(of: holder)?.state == .alive else {
                reason = "node \(holder) is not alive"
                continue
            }
            do throws(RPCError) {
                return try await fetch(shard, of: manifest, from: holder)
            } catch {
                reason = "\(error)"
            }
        }
        throw RPCError(
            .failed,
            "shard \(shard.index) of \(manifest.name) cannot be had: \(reason)",
            hint: "see 'distmlctl dataset show \(manifest.name)' and 'distmlctl node ls'"
        )
    }

    private func fetch(
        _ shard: ShardDescription,
        of manifest: DatasetManifest,
        from holder: NodeID
    ) async throws(RPCError) -> StoredObject {
        let wanted = ShardFetch(
            tenant: manifest.tenant,
            version: manifest.version,
            index: shard.index
        )
        let layout = ShardLayout(shard, of: manifest)
        let id = try await fetchObject(
            from: holder,
            ShardFetch.method,
            wanted,
            bytes: shard.bytes,
            tenant: manifest.tenant
        ) { descriptor throws(DatasetError) in
            try shardHash(of: descriptor, layout: layout, name: "shard \(shard.index)")
                == shard.hash
        }
        let object = StoredObject(
            shard: shard,
            of: manifest,
            id: id.text,
            role: shard.holders.first == node ? .primary : .replica
        )
        try await catalog { database throws(CatalogError) in try database.put(object) }
        return object
    }

    /// Keeps a damaged file from being used.
    func quarantine(_ object: StoredObject) async {
        log.error(
            "damaged shard",
            metadata: ["object": "\(object.id)", "version": "\(object.owner)"]
        )
        _ = try? await catalog { database throws(CatalogError) in
            try database.mark(object.id, of: object.tenant, as: .damaged)
        }
    }

    func mend(_ manifest: DatasetManifest) async {
        do throws(RPCError) { _ = try await localStates(manifest, isDeep: true) } catch {
            log.error("shards not looked after", metadata: ["reason": "\(error)"])
        }
    }

    /// How this node's shards of a version are; with `isDeep` every byte is read, and what is
    /// damaged or missing is fetched again, though it is told as it was found.
    func localStates(
        _ manifest: DatasetManifest,
        isDeep: Bool
    ) async throws(RPCError) -> [ShardStateCall.State] {
        let rows = try await catalog { database throws(CatalogError) in
            try database.objects(
                .shard,
                of: manifest.version.description,
                for: .daemon(of: manifest.tenant)
            )
        }
        var states: [ShardStateCall.State] = []
        for shard in manifest.shards where shard.holders.contains(node) {
            let whole = rows.filter { $0.part == shard.index && $0.state == .whole }
            var isIntact = false
            for object in whole {
                if await isIntactFile(object, shard, manifest, isDeep) {
                    isIntact = true
                } else if isDeep {
                    await quarantine(object)
                }
            }
            if isDeep, !isIntact { _ = try? await fetchShard(shard, of: manifest) }
            states.append(.init(index: shard.index, isIntact: isIntact))
        }
        return states
    }

    private func isIntactFile(
        _ object: StoredObject,
        _ shard: ShardDescription,
        _ manifest: DatasetManifest,
        _ isDeep: Bool
    ) async -> Bool {
        guard let descriptor = try? open(object) else { return false }
        defer { close(descriptor) }
        let layout = ShardLayout(shard, of: manifest)
        guard isDeep else {
            var facts = stat()
            return fstat(descriptor, &facts) == 0 && Int(facts.st_size) == layout.fileBytes
        }
        let hash = try? await onOwnThread("verify", failing: DataError.noThread) {
            Result { () throws(DataError) in
                do throws(DatasetError) {
                    let name = "shard \(shard.index)"
                    return try shardHash(of: descriptor, layout: layout, name: name)
                } catch {
                    throw .data(error)
                }
            }
        }
        return hash == shard.hash
    }
}
