import Catalog
import ControlAPI
import Domain
import Registers
import TLSTransport
import Wire
import Logging

/// What names mean: the registers decide, the catalogue remembers.
extension DataService {
    func serveNames() {
        network.handle(DatasetNameCall.self) { [weak self] _, request async throws(PeerRefusal) in
            try await answering { () async throws(RPCError) in
                try await self?.learn(request.known)
            }
            if let staging = request.staging { await self?.staging.settle(staging) }
            return Empty()
        }
        network.handle(DatasetNamesCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            let known = try await answering { () async throws(RPCError) in
                try await self?.catalog { database throws(CatalogError) in
                    let isSame = try database.nameDigest() == request.digest
                    return try isSame ? [] : database.knownNames()
                }
            }
            return DatasetNamesCall.Reply(known: known ?? [])
        }
        network.handle(DatasetUsersCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            let runs = try await answering { () async throws(RPCError) in
                try await self?.runs(
                    using: request.name,
                    of: request.tenant,
                    version: request.version
                )
            }
            return DatasetUsersCall.Reply(runs: runs ?? [])
        }
    }

    /// The dataset that a name means to the caller, as far as this node has learnt.
    func listed(
        _ name: DatasetName,
        for caller: Caller
    ) async throws(RPCError) -> DatasetManifest {
        do throws(RPCError) {
            return try await catalog { database throws(CatalogError) in
                try database.dataset(named: name, for: caller)
            }
        } catch {
            guard error.code == .notFound else { throw error }
            var refusal = RPCError(.notFound, "no dataset is called '\(name)'")
            refusal.hint = "list them with 'distmlctl dataset ls'"
            throw refusal
        }
    }

    /// Reads what a name means from its register, and remembers it; nil where it never meant any.
    @discardableResult
    func learnFromRegister(
        _ name: DatasetName,
        of tenant: TenantID
    ) async throws(RPCError) -> KnownName? {
        guard let value = try await read(name, of: tenant) else { return nil }
        let known = try knownName(name, tenant, value)
        try await learn([known])
        return known
    }

    func read(
        _ name: DatasetName,
        of tenant: TenantID
    ) async throws(RPCError) -> RegisterValue? {
        do throws(RegisterError) {
            return try await registers.read(.dataset(name, of: tenant))
        } catch {
            throw RPCError(error)
        }
    }

    func knownName(
        _ name: DatasetName,
        _ tenant: TenantID,
        _ value: RegisterValue
    ) throws(RPCError) -> KnownName {
        let meaning: NameRegister
        do throws(WireError) {
            meaning = try NameRegister(bytes: value.bytes)
        } catch {
            throw RPCError(.internalError, "the register of '\(name)' cannot be read: \(error)")
        }
        var version: DatasetVersion?
        if case .dataset(let meant) = meaning { version = meant }
        return KnownName(
            tenant: tenant,
            name: name,
            registerVersion: value.version,
            version: version
        )
    }

    /// Remembers what names mean; shards of datasets that are no more are removed.
    func learn(_ known: [KnownName]) async throws(RPCError) {
        guard !known.isEmpty else { return }
        let tenants = Set(known.map(\.tenant))
        let gone = try await catalog { database throws(CatalogError) in
            var before: Set<RecordID> = []
            for tenant in tenants {
                before.formUnion(try database.datasets(of: tenant).map { RecordID($0) })
            }
            try database.learn(known)
            for tenant in tenants {
                before.subtract(try database.datasets(of: tenant).map { RecordID($0) })
            }
            return before.map(\.tenant)
        }
        for tenant in Set(gone) { await removeOrphans(of: tenant) }
    }

    /// Tells all peers what names mean, and that the making of a dataset has ended.
    func tellNames(_ known: [KnownName], ending staging: String? = nil) async {
        await onAllPeers { [network] node in
            _ = try? await network.call(
                DatasetNameCall.self,
                .init(known: known, staging: staging),
                on: node,
                within: .seconds(5)
            )
        }
        await exchange.announce()
    }

    /// Does something with every peer that is alive, all at once.
    func onAllPeers(_ body: @escaping @Sendable (NodeID) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for view in network.views where view.state == .alive {
                group.addTask { await body(view.node) }
            }
        }
    }

    func learnNamesFromAll() async {
        for view in network.views where view.state == .alive { await learnNames(from: view.node) }
    }

    /// Learns what a peer knows of names.
    func learnNames(from node: NodeID) async {
        let digest = try? await catalog { database throws(CatalogError) in
            try database.nameDigest()
        }
        do throws(PeerError) {
            let reply = try await network.call(
                DatasetNamesCall.self,
                .init(digest: digest ?? 0),
                on: node,
                within: peerAnswerLimit
            )
            try? await learn(reply.known)
        } catch {
            log.debug("names not learnt", metadata: ["node": "\(node)", "reason": "\(error)"])
        }
    }

    /// Runs that this node knows to use a dataset now, or to have used a version of it.
    func runs(
        using name: DatasetName,
        of tenant: TenantID,
        version: ContentHash? = nil
    ) async throws(RPCError) -> [RunID] {
        try await catalog { database throws(CatalogError) in
            var runs = try database.unfinishedRuns().filter { run in
                run.tenant == tenant && run.status != .ended
                    && (run.spec.dataset == name || run.spec.validationDataset == name)
            }
            guard let version else { return runs.map(\.id) }
            runs += try database.runs(for: .daemon(of: tenant), limit: .max).filter { run in
                run.plan.dataset == version || run.plan.validationDataset == version
            }
            return runs.map(\.id)
        }
    }
}
