import Catalog
import ControlAPI
import Domain
import Logging

/// Keeps names, files and their rows together while the daemon runs.
///
/// - Files without a row, left by a process that ended between the two, go at the start.
/// - Names are learnt from every peer that comes up, and every few seconds.
/// - Files of models are fetched as soon as their manifests are here, and go once they are removed.
/// - What was being added and never settled goes after a while, by the word of the register.
actor DataKeeper {
    private static let interval = Duration.seconds(5)
    private static let sweepEvery = 12

    private var tasks: [Task<Void, Never>] = []

    func start(_ data: DataService) async {
        await data.removeStrays()
        let changes = data.network.changes()
        let news = await data.exchange.news()
        tasks = [
            Task { [weak data] in
                for await change in changes where change.state == .alive {
                    await data?.learnNames(from: change.node)
                }
            },
            Task { [weak data] in
                for await _ in news { await data?.keepModels() }
            },
            Task { [weak data] in
                var round = 0
                while !Task.isCancelled {
                    await data?.learnNamesFromAll()
                    await data?.keepModels()
                    if round % Self.sweepEvery == 0 { await data?.sweep() }
                    round += 1
                    try? await Task.sleep(for: Self.interval)
                }
            },
        ]
    }

    func stop() {
        for task in tasks { task.cancel() }
    }
}

extension DataService {
    /// After how long something that was being added, and is still not settled, is looked into.
    private static let staleAge = Duration.seconds(900)

    /// Removes files that no row names; call it before anything is added.
    func removeStrays() async {
        let tenants =
            (try? await catalog { database throws(CatalogError) in try database.tenants() }) ?? []
        for tenant in Set(tenants + [TenantID.default]) {
            let named = try? await catalog { database throws(CatalogError) in
                try database.objectNames(of: tenant)
            }
            guard let known = named else { continue }
            for id in objects.list(tenant: tenant) where !known.contains(id.text) {
                objects.remove(id, tenant: tenant)
                log.notice("stray file removed", metadata: ["object": "\(id)"])
            }
        }
    }

    /// Settles or undoes what hangs, and removes shards that no name means any longer.
    func sweep() async {
        for (staging, manifest) in await staging.stale(after: Self.staleAge) {
            guard let manifest else {
                await self.staging.abort(staging)
                continue
            }
            switch await meaning(of: manifest) {
            case true?: await self.staging.settle(staging)
            case false?: await self.staging.abort(staging)
            // Nobody knows; we look again later.
            case nil: break
            }
        }
        let tenants =
            (try? await catalog { database throws(CatalogError) in try database.tenants() }) ?? []
        for tenant in tenants { await removeOrphans(of: tenant) }
    }

    /// Whether the name of a manifest means it, by the register; nil where it cannot be read.
    private func meaning(of manifest: DatasetManifest) async -> Bool? {
        do {
            let known = try await learnFromRegister(manifest.name, of: manifest.tenant)
            return known?.version == DatasetVersion(manifest)
        } catch {
            return nil
        }
    }

    /// Removes shards that belong to no dataset.
    func removeOrphans(of tenant: TenantID) async {
        guard
            let (rows, listed, all) = try? await catalog({ database throws(CatalogError) in
                (
                    try database.objects(of: tenant), try database.datasets(of: tenant),
                    try database.datasetVersions(of: tenant)
                )
            })
        else { return }
        let kept = Set(listed.map(\.version)).union(await staging.versions)
        let orphans = rows.filter { row in
            row.kind == .shard && !kept.contains { $0.description == row.owner }
        }
        for (owner, rows) in Dictionary(grouping: orphans, by: \.owner) {
            var isMeant = false
            for manifest in all where manifest.version.description == owner {
                // A register that cannot be read leaves everything as it is.
                if await meaning(of: manifest) != false { isMeant = true }
            }
            if !isMeant { await remove(rows, of: tenant) }
        }
    }

    /// Removes files and their rows, the rows first.
    func remove(_ rows: [StoredObject], of tenant: TenantID) async {
        let ids = rows.map(\.id)
        guard
            (try? await catalog({ database throws(CatalogError) in
                try database.forget(ids, of: tenant)
            })) != nil
        else { return }
        for id in ids.compactMap({ ObjectID(stored: $0) }) { objects.remove(id, tenant: tenant) }
    }
}
