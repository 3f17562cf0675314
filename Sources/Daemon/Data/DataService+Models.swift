import Catalog
import ControlAPI
import Datasets
import Domain
import Glibc
import JSONRPC
import ModelFormats
import TLSTransport
import Transport

/// Models: made by runs, kept on every node, fetched where they are missing.
extension DataService {
    func serveModels() {
        network.serveFetch(ModelFetch.method) {
            [weak self] _, payload async throws(PeerRefusal) in
            let wanted: ModelFetch = try decoding(payload)
            return try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                return try await self.source(of: wanted)
            }
        }
        network.handle(ModelRemovedCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            try await answering { () async throws(RPCError) in try await self?.bury(request) }
            return Empty()
        }
        network.handle(RankShardCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                return RankShardCall.Reply(bytes: try await self.localScores(request))
            }
        }
        network.handle(EvaluateShardsCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                return EvaluateShardsCall.Reply(sums: try await self.localSums(request))
            }
        }
    }

    private func source(of wanted: ModelFetch) async throws(RPCError) -> ObjectSource {
        guard let object = try await modelObject(wanted.run, wanted.hash, of: wanted.tenant) else {
            throw RPCError(.notFound, "the file of model \(wanted.run) is not here")
        }
        return ObjectSource(descriptor: try open(object), bytes: object.bytes)
    }

    /// The file of a model on this node.
    private func modelObject(
        _ run: RunID,
        _ hash: ContentHash,
        of tenant: TenantID
    ) async throws(RPCError) -> StoredObject? {
        try await catalog { database throws(CatalogError) in
            try database.objects(.model, of: run.text, for: .daemon(of: tenant))
                .first { $0.hash == hash && $0.state == .whole }
        }
    }

    /// Whether a model of that name exists for the caller.
    func hasModel(_ name: ModelName, for caller: Caller) async -> Bool {
        let found = try? await catalog { database throws(CatalogError) in
            try database.model(named: name, for: caller)
        }
        return found != nil
    }

    /// Stores the model of a finished run; every seat stores the same bytes.
    func save(_ model: FinishedModel) async throws(RPCError) {
        var manifest = ModelManifest(model)
        let contents = ModelContents(manifest, words: model.made.words)
        let bytes = Safetensors.write(contents).bytes
        manifest.hash = contentHash(of: bytes)
        manifest.bytes = bytes.count
        let finished = manifest
        try await oneFile(of: finished) { () async throws(RPCError) in
            try await self.keep(bytes, as: finished)
        }
        try await catalog { database throws(CatalogError) in try database.put(finished) }
        await exchange.announce()
    }

    /// The file of a model on this node, made by `make` where there is none.
    @discardableResult
    private func oneFile(
        of manifest: ModelManifest,
        _ make: @escaping @Sendable () async throws(RPCError) -> StoredObject
    ) async throws(RPCError) -> StoredObject {
        try await works.once("model/\(manifest.run)/\(manifest.hash)") {
            () async throws(RPCError) in
            let found = try await self.modelObject(
                manifest.run,
                manifest.hash,
                of: manifest.tenant
            )
            if let found { return found }
            return try await make()
        }
    }

    private func keep(
        _ bytes: [UInt8],
        as manifest: ModelManifest
    ) async throws(RPCError) -> StoredObject {
        let id: ObjectID
        do throws(ObjectError) {
            id = try await onOwnThread("model", failing: noThread) { [objects] in
                Result { () throws(ObjectError) in
                    let file = try objects.create()
                    try objects.writeAll(bytes, to: file.descriptor, path: file.path)
                    return try objects.commit(file, pages: nil, tenant: manifest.tenant)
                }
            }
        } catch {
            throw RPCError(error, node: node)
        }
        return try await note(id, as: manifest)
    }

    private func note(
        _ id: ObjectID,
        as manifest: ModelManifest
    ) async throws(RPCError) -> StoredObject {
        let object = StoredObject(
            tenant: manifest.tenant,
            id: id.text,
            kind: .model,
            owner: manifest.run.text,
            part: Int(manifest.generation.number),
            hash: manifest.hash,
            bytes: manifest.bytes
        )
        try await catalog { database throws(CatalogError) in try database.put(object) }
        return object
    }

    /// Fetches the files of all models whose manifests are here; those of removed ones go.
    func keepModels() async {
        await removeModelFiles()
        let models = try? await catalog { database throws(CatalogError) in
            try database.modelsWithoutFile()
        }
        for model in models ?? [] { _ = try? await ensureModel(model) }
    }

    /// The file of a model on this node; fetched from whoever has it where it is not here yet.
    @discardableResult
    func ensureModel(_ manifest: ModelManifest) async throws(RPCError) -> StoredObject {
        try await oneFile(of: manifest) { () async throws(RPCError) in
            try await self.fetchModel(manifest)
        }
    }

    private func fetchModel(_ manifest: ModelManifest) async throws(RPCError) -> StoredObject {
        var reason = "no other node is alive"
        for view in network.views where view.state == .alive {
            do throws(RPCError) {
                return try await fetch(manifest, from: view.node)
            } catch {
                reason = "\(error)"
            }
        }
        throw RPCError(
            .notReady,
            "the file of model '\(manifest.name)' cannot be had: \(reason)",
            hint: "see 'distmlctl node ls'"
        )
    }

    private func fetch(
        _ manifest: ModelManifest,
        from holder: NodeID
    ) async throws(RPCError) -> StoredObject {
        let wanted = ModelFetch(
            tenant: manifest.tenant,
            run: manifest.run,
            hash: manifest.hash
        )
        let id = try await fetchObject(
            from: holder,
            ModelFetch.method,
            wanted,
            bytes: manifest.bytes,
            tenant: manifest.tenant
        ) { descriptor throws(DatasetError) in
            guard let bytes = readWhole(descriptor, bytes: manifest.bytes) else { return false }
            return contentHash(of: bytes) == manifest.hash
        }
        return try await note(id, as: manifest)
    }

    /// The bytes of a model's file, checked.
    func contents(of manifest: ModelManifest) async throws(RPCError) -> [UInt8] {
        let object = try await ensureModel(manifest)
        let descriptor = try open(object)
        defer { close(descriptor) }
        guard let bytes = readWhole(descriptor, bytes: manifest.bytes),
            contentHash(of: bytes) == manifest.hash
        else {
            await quarantine(object)
            throw RPCError(
                .failed,
                "the file of model '\(manifest.name)' is damaged and was set aside",
                node: node,
                hint: "try again: it is fetched from another node"
            )
        }
        return bytes
    }

    /// The words of a model.
    func words(of manifest: ModelManifest) async throws(RPCError) -> [Float] {
        let bytes = try await contents(of: manifest)
        guard let values = Safetensors.words(in: bytes, count: manifest.shape.wordCount) else {
            throw RPCError(.internalError, "model '\(manifest.name)' has another size than it says")
        }
        return values
    }
}

/// Models as callers name them.
extension DataService {
    /// The model that a caller means.
    ///
    /// What this node does not know it asks the others for: whoever saw a run end on one of them
    /// may ask for its model here.
    func model(
        _ reference: RunReference,
        for caller: Caller
    ) async throws(RPCError) -> ModelManifest {
        // The caller's latest run may be one that this node has not heard of.
        if reference.isLatest { await exchange.catchUp() }
        do throws(RPCError) { return try await knownModel(reference, for: caller) } catch {
            guard error.code == .notFound, !reference.isLatest else { throw error }
            await exchange.catchUp()
            return try await knownModel(reference, for: caller)
        }
    }

    private func knownModel(
        _ reference: RunReference,
        for caller: Caller
    ) async throws(RPCError) -> ModelManifest {
        let (models, runs) = try await catalog { database throws(CatalogError) in
            (try database.models(for: caller), try database.runs(for: caller))
        }
        return try reference.resolve(among: models, runs: runs, uid: caller.uid)
    }

    /// Removes a model from all nodes for good.
    ///
    /// Nodes that cannot be reached learn it from its grave, as of any record.
    func removeModel(
        _ reference: RunReference,
        for caller: Caller
    ) async throws(RPCError) -> ModelManifest {
        let manifest = try await model(reference, for: caller)
        let gone = ModelRemovedCall.Request(tenant: caller.tenant, run: manifest.run)
        do { try await bury(gone) } catch  where error.code == .notFound {
            // Somebody else removed it in the meantime.
        }
        await onAllPeers { [network] node in
            _ = try? await network.call(
                ModelRemovedCall.self,
                gone,
                on: node,
                within: .seconds(5)
            )
        }
        await exchange.announce()
        return manifest
    }

    /// Removes a model and its file from this node.
    func bury(_ gone: ModelRemovedCall.Request) async throws(RPCError) {
        try await catalog { database throws(CatalogError) in
            try database.removeModel(of: gone.run, for: .daemon(of: gone.tenant))
        }
        await removeModelFiles()
    }

    /// Removes the files of models that were removed, here or by another node.
    func removeModelFiles() async {
        let tenants =
            (try? await catalog { database throws(CatalogError) in try database.tenants() }) ?? []
        for tenant in tenants {
            let rows = try? await catalog { database throws(CatalogError) in
                try database.filesOfRemovedModels(of: tenant)
            }
            if let rows, !rows.isEmpty { await remove(rows, of: tenant) }
        }
    }
}

/// All of a file of that many bytes; nil where it has fewer.
private func readWhole(_ descriptor: Int32, bytes count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
        let part = bytes.withUnsafeMutableBytes { buffer in
            pread(
                descriptor,
                buffer.baseAddress.map { $0 + filled },
                count - filled,
                off_t(filled)
            )
        }
        if part < 0, errno == EINTR { continue }
        guard part > 0 else { return nil }
        filled += part
    }
    return bytes
}

extension ModelManifest {
    /// What is known of a model before its file is made.
    init(_ model: FinishedModel) {
        let record = model.record
        self.init(
            tenant: record.tenant,
            name: record.spec.name ?? ModelName(checked: record.id.text),
            run: record.id,
            generation: record.plan.generation,
            shape: model.made.shape,
            algorithm: record.spec.algorithm,
            dataset: record.spec.dataset,
            datasetVersion: model.dataset.version,
            mapping: model.dataset.mapping,
            labels: model.dataset.labels,
            hash: ContentHash(bytes: [UInt8](repeating: 0, count: 32)),
            bytes: 0,
            metrics: model.metrics,
            madeAt: model.madeAt
        )
    }
}
