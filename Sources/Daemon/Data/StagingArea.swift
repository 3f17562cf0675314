import Catalog
import Datasets
import Domain
import Glibc
import Transport

/// Shards on this node whose dataset is being added: not listed, not used, gone when it fails.
///
///     open ─► receive ─► complete ─► prepare ─► settle
///       │        │           │          │
///       └────────┴───────────┴──────────┴────► abort: nothing is left
///
/// Until `prepare` they are scratch files, which a restart sweeps away. From then on they are
/// objects, and the register of the name decides whether they stay.
actor StagingArea {
    private struct Shard {
        let file: ScratchFile
        var layout: ShardLayout?
        var hash: ContentHash?
    }

    private struct Entry {
        let tenant: TenantID
        var shards: [Int: Shard] = [:]
        var manifest: DatasetManifest?
        var objects: [ObjectID] = []
        var touchedAt = monotonicNanoseconds()
    }

    /// Shards of one dataset, and datasets at a time: no peer fills the table.
    private static let shardsMax = 256
    private static let entriesMax = 64

    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let node: NodeID
    private let objects: ObjectStore
    private let store: Store
    private var entries: [String: Entry] = [:]

    init(node: NodeID, objects: ObjectStore, store: Store) throws(TransportError) {
        executor = try ThreadExecutor(name: "staging")
        self.node = node
        self.objects = objects
        self.store = store
    }

    /// Makes an empty file for a shard; the caller closes the descriptor.
    func open(
        _ staging: String,
        tenant: TenantID,
        shard index: Int,
        layout: ShardLayout? = nil
    ) throws(DataError) -> Int32 {
        var entry = try self.entry(staging, tenant, shard: index)
        do throws(ObjectError) {
            let file = try objects.create()
            let copy = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw .last("dup", file.path, folder: objects.folder) }
            entry.shards[index] = Shard(file: file, layout: layout)
            entries[staging] = entry
            return copy
        } catch {
            throw .object(error)
        }
    }

    /// The dataset in the making that a shard belongs to, if there is room for it.
    private func entry(
        _ staging: String,
        _ tenant: TenantID,
        shard index: Int
    ) throws(DataError) -> Entry {
        guard entries[staging] != nil || entries.count < Self.entriesMax else {
            throw .busy("\(entries.count) datasets are being added already")
        }
        var entry = entries[staging] ?? Entry(tenant: tenant)
        guard entry.tenant == tenant, entry.manifest == nil, (0..<Self.shardsMax).contains(index)
        else { throw .misplaced("shard \(index) has no place in this dataset") }
        entry.touchedAt = monotonicNanoseconds()
        return entry
    }

    /// Takes an object of this node in as a shard, without copying it.
    func adopt(
        _ staging: String,
        _ object: StoredObject,
        shard index: Int,
        layout: ShardLayout
    ) throws(DataError) {
        guard let id = ObjectID(stored: object.id) else { throw .gone }
        var entry = try self.entry(staging, object.tenant, shard: index)
        do throws(ObjectError) {
            let file = try objects.link(id, tenant: object.tenant)
            entry.shards[index] = Shard(file: file, layout: layout)
            entries[staging] = entry
        } catch {
            throw .object(error)
        }
    }

    /// Another descriptor of a shard's file, which the caller closes, and its size.
    func source(_ staging: String, shard index: Int) throws(DataError) -> ObjectSource {
        guard let file = entries[staging]?.shards[index]?.file else { throw .gone }
        var facts = stat()
        let copy = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0, fstat(copy, &facts) == 0 else {
            throw .object(.last("dup", file.path, folder: objects.folder))
        }
        return ObjectSource(descriptor: copy, bytes: Int(facts.st_size))
    }

    /// Reads a shard that has arrived, syncs it and tells the hash that it really has.
    func complete(
        _ staging: String,
        shard index: Int,
        layout: ShardLayout? = nil
    ) throws(DataError) -> ContentHash {
        guard var entry = entries[staging], var shard = entry.shards[index] else { throw .gone }
        guard let layout = layout ?? shard.layout else { throw .misplaced("it has no layout") }
        do throws(DatasetError) {
            let name = "shard \(index)"
            let hash = try shardHash(of: shard.file.descriptor, layout: layout, name: name)
            shard.hash = hash
        } catch {
            throw .data(error)
        }
        guard fsync(shard.file.descriptor) == 0 else {
            throw .object(.last("fsync", shard.file.path, folder: objects.folder))
        }
        shard.layout = layout
        entry.shards[index] = shard
        entry.touchedAt = monotonicNanoseconds()
        entries[staging] = entry
        guard let hash = shard.hash else { throw .gone }
        return hash
    }

    /// Turns those shards that this node is to hold into objects, and notes the manifest.
    ///
    /// They are listed nowhere until the name means this version.
    func prepare(_ staging: String, _ manifest: DatasetManifest) async throws(DataError) {
        var entry = entries[staging] ?? Entry(tenant: manifest.tenant)
        guard entry.tenant == manifest.tenant, entry.manifest == nil else {
            throw .misplaced("it is another dataset")
        }
        entry.manifest = manifest
        entry.touchedAt = monotonicNanoseconds()
        entries[staging] = entry
        var rows: [StoredObject] = []
        for shard in manifest.shards {
            guard let place = shard.holders.firstIndex(of: node) else { continue }
            guard let staged = entry.shards[shard.index], staged.hash == shard.hash else {
                throw .misplaced("shard \(shard.index) is not here as the manifest has it")
            }
            let id: ObjectID
            do throws(ObjectError) {
                id = try objects.commit(staged.file, pages: nil, tenant: entry.tenant)
            } catch {
                throw .object(error)
            }
            entry.objects.append(id)
            entries[staging] = entry
            rows.append(
                StoredObject(
                    shard: shard,
                    of: manifest,
                    id: id.text,
                    role: place == 0 ? .primary : .replica
                )
            )
        }
        // What others hold is no longer needed here.
        entry.shards = [:]
        entries[staging] = entry
        try await record(rows, manifest)
        // An abort may have come while the catalogue was written; it has undone it by then.
        guard entries[staging] != nil else { throw .gone }
    }

    private func record(
        _ rows: [StoredObject],
        _ manifest: DatasetManifest
    ) async throws(DataError) {
        do throws(CatalogError) {
            try await store.perform { database throws(CatalogError) in
                for row in rows { try database.put(row) }
                try database.put(manifest)
            }
        } catch {
            throw .catalog(error)
        }
    }

    /// Forgets about a dataset whose name means it now.
    func settle(_ staging: String) { entries[staging] = nil }

    /// Removes all traces of a dataset that will not be.
    func abort(_ staging: String) async {
        guard let entry = entries.removeValue(forKey: staging) else { return }
        let ids = entry.objects.map(\.text)
        // Rows that stay because the disk is full name files that are gone: verify finds them.
        try? await store.perform { database throws(CatalogError) in
            try database.forget(ids, of: entry.tenant)
            if let manifest = entry.manifest {
                try database.bury(
                    DatasetVersion(manifest),
                    of: manifest.name,
                    tenant: manifest.tenant
                )
            }
        }
        for id in entry.objects { objects.remove(id, tenant: entry.tenant) }
    }

    /// What has not moved for longer than `age`, with its manifest once it is prepared.
    func stale(after age: Duration) -> [(staging: String, manifest: DatasetManifest?)] {
        let limit = monotonicNanoseconds() - age.components.seconds * 1_000_000_000
        return entries.filter { $0.value.touchedAt <= limit }
            .map { (staging: $0.key, manifest: $0.value.manifest) }
    }

    /// Versions that are being added now.
    var versions: Set<ContentHash> { Set(entries.values.compactMap { $0.manifest?.version }) }
}
