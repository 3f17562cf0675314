import Catalog
import ControlAPI
import Domain
import Registers
import TLSTransport

/// What is done with a dataset as a whole.
extension DataService {
    /// For each node that could be asked, whether each of its shards is intact.
    func states(
        of manifest: DatasetManifest,
        isDeep: Bool
    ) async -> [NodeID: [Int: Bool]] {
        let holders = Set(manifest.shards.flatMap(\.holders))
        return await withTaskGroup(of: (NodeID, [ShardStateCall.State]?).self) { group in
            for holder in holders {
                group.addTask { (holder, await self.states(of: manifest, on: holder, isDeep)) }
            }
            var states: [NodeID: [Int: Bool]] = [:]
            for await (holder, found) in group {
                guard let found else { continue }
                states[holder] = Dictionary(found.map { ($0.index, $0.isIntact) }) { $0 && $1 }
            }
            return states
        }
    }

    private func states(
        of manifest: DatasetManifest,
        on holder: NodeID,
        _ isDeep: Bool
    ) async -> [ShardStateCall.State]? {
        guard holder != node else { return try? await localStates(manifest, isDeep: isDeep) }
        return try? await network.call(
            ShardStateCall.self,
            .init(manifest: manifest, isDeep: isDeep),
            on: holder,
            within: isDeep ? .seconds(3_600) : .seconds(3)
        ).shards
    }

    /// The dataset that a name means now, by its register.
    func dataset(
        _ name: DatasetName,
        for caller: Caller
    ) async throws(RPCError) -> DatasetManifest {
        try await learnFromRegister(name, of: caller.tenant)
        do throws(RPCError) {
            return try await listed(name, for: caller)
        } catch {
            guard error.code == .notFound else { throw error }
            // The name may have come faster than the record that it means.
            await exchange.catchUp()
            return try await listed(name, for: caller)
        }
    }

    /// The dataset of this version, whatever names mean by now.
    func manifest(
        _ version: ContentHash,
        _ tenant: TenantID
    ) async throws(RPCError) -> DatasetManifest {
        try await catalog { database throws(CatalogError) in
            try database.dataset(version: version, for: .daemon(of: tenant))
        }
    }

    /// Makes a name mean nothing, unless a run uses it.
    func removeDataset(
        _ name: DatasetName,
        for caller: Caller
    ) async throws(RPCError) {
        let manifest = try await dataset(name, for: caller)
        if let run = await users(of: name, tenant: caller.tenant).first {
            throw RPCError(
                .conflict,
                "run \(run) uses dataset '\(name)'",
                hint: "wait for it, or end it with 'distmlctl stop \(run)'"
            )
        }
        guard let value = try await read(name, of: caller.tenant) else { return }
        guard try knownName(name, caller.tenant, value).version == DatasetVersion(manifest) else {
            throw RPCError(.conflict, "dataset '\(name)' has just been changed")
        }
        let written: RegisterValue
        do throws(RegisterError) {
            written = try await registers.compareAndSet(
                .dataset(name, of: caller.tenant),
                expecting: value.version,
                to: NameRegister.tombstone.bytes
            )
        } catch {
            throw RPCError(error)
        }
        let known = try knownName(name, caller.tenant, written)
        try await catalog { database throws(CatalogError) in
            try database.bury(DatasetVersion(manifest), of: name, tenant: caller.tenant)
        }
        try await learn([known])
        await tellNames([known])
        await removeOrphans(of: caller.tenant)
    }

    /// Runs that use a dataset now or have used this version of it, wherever they are known.
    func users(of manifest: DatasetManifest) async -> [RunID] {
        await users(of: manifest.name, tenant: manifest.tenant, version: manifest.version)
    }

    private func users(
        of name: DatasetName,
        tenant: TenantID,
        version: ContentHash? = nil
    ) async -> [RunID] {
        var found = Set((try? await runs(using: name, of: tenant, version: version)) ?? [])
        for view in network.views where view.state == .alive {
            let reply = try? await network.call(
                DatasetUsersCall.self,
                .init(tenant: tenant, name: name, version: version),
                on: view.node,
                within: peerAnswerLimit
            )
            found.formUnion(reply?.runs ?? [])
        }
        return found.sorted()
    }
}
