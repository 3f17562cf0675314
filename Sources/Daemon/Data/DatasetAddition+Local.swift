import Catalog
import ControlAPI
import Datasets
import Domain
import Registers
import WorkerLink

/// Rows of which a sum shows none of them; fewer are told only by whoever shares rows.
let sumRowsMin = 32

/// One node's part of a dataset whose rows stay where they are.
///
///     read name ─► agree on columns and classes ─► worker reads the rows and writes the part
///         ─► the other holders take their own parts into the new version ─► prepare everywhere
///         ─► compare-and-set of the name ─► told to everybody
///
/// What leaves the node is what a manifest says: names of columns, sums over the part's rows, and
/// its hash. Names that stand in the rows themselves, those of categories and classes, are declared
/// beforehand, or shared because somebody said so.
extension DatasetAddition {
    /// Adds this node's part.
    func join(_ files: [Int32]) async throws(RPCError) -> DatasetManifest {
        let (before, present) = try await presentParts()
        let manifest: DatasetManifest
        do throws(RPCError) {
            manifest = try await makePart(files, joining: present)
            try await prepare(manifest, on: Set(manifest.shards.flatMap(\.holders)))
            guard !Task.isCancelled else { throw RPCError(.failed, "the client is gone") }
        } catch {
            await abandon()
            throw error
        }
        try await commit(manifest, expecting: before)
        guard let present else { return manifest }
        _ = try? await data.catalog { database throws(CatalogError) in
            try database.bury(
                DatasetVersion(present),
                of: present.name,
                tenant: present.tenant
            )
        }
        await data.exchange.announce()
        return manifest
    }

    /// Reads everything and says what would be this node's part, leaving nothing.
    func rehearseJoining(_ files: [Int32]) async throws(RPCError) -> DatasetDocument {
        let (_, present) = try await presentParts()
        let outcome = try await readPart(files, into: [], joining: present)
        var document = DatasetDocument(params.name, outcome.report)
        document.local = true
        return document
    }

    /// The version of the name's register, and the parts that others have registered.
    private func presentParts() async throws(RPCError) -> (UInt64, DatasetManifest?) {
        guard let value = try await data.read(params.name, of: caller.tenant) else {
            return (0, nil)
        }
        let known = try data.knownName(params.name, caller.tenant, value)
        guard let version = known.version else { return (value.version, nil) }
        let present = try await data.dataset(params.name, for: caller)
        guard DatasetVersion(present) == version else {
            throw RPCError(.conflict, "dataset '\(params.name)' has just been changed")
        }
        guard present.isLocal else { throw taken }
        guard !present.shards.contains(where: { $0.holders.contains(data.node) }) else {
            throw RPCError(
                .conflict,
                "this node's part of '\(params.name)' is registered already",
                hint: "'distmlctl dataset rm \(params.name)' removes the parts of all nodes"
            )
        }
        if let run = await data.users(of: present).first {
            throw RPCError(
                .conflict,
                "run \(run) has used the parts of '\(params.name)': they are settled",
                hint: "register the data under another name, or forget the run with "
                    + "'distmlctl runs rm \(run)'"
            )
        }
        return (value.version, present)
    }

    private func makePart(
        _ files: [Int32],
        joining present: DatasetManifest?
    ) async throws(RPCError) -> DatasetManifest {
        let index = present?.shards.count ?? 0
        let output: Int32
        do throws(DataError) {
            output = try await data.staging.open(staging, tenant: caller.tenant, shard: index)
        } catch {
            throw RPCError(error, node: data.node)
        }
        defer { closeFile(output) }
        let outcome = try await readPart(files, into: [output], joining: present)
        try check(outcome, shards: 1)
        let written = outcome.shards[0]
        let part = ShardDescription(
            index: index,
            rows: written.layout.rows,
            values: written.layout.values,
            bytes: written.layout.fileBytes,
            hash: written.hash,
            holders: [data.node]
        )
        try await finish(part, written.layout)
        let schema = DataSchema(
            mapping: outcome.report.mapping,
            labels: outcome.report.labels ?? .real
        )
        var parts: [ShardDescription] = []
        if let present {
            for old in present.shards {
                parts.append(
                    try await adopt(old, of: present, into: schema, outcome.report.layout)
                )
            }
        }
        return manifest(of: outcome.report, parts + [part], joining: present)
    }

    /// Has the holder of a part take it into the new version; its rows stay where they are.
    private func adopt(
        _ part: ShardDescription,
        of present: DatasetManifest,
        into schema: DataSchema,
        _ layout: RowLayout
    ) async throws(RPCError) -> ShardDescription {
        guard let holder = part.holders.first, data.aliveNodes.contains(holder) else {
            throw RPCError(
                .notReady,
                "it holds a part of \(present.name) and is not alive",
                node: part.holders.first,
                hint: "see 'distmlctl node ls'; add this part when it is back"
            )
        }
        let request = PartAdoptCall.Request(
            staging: staging,
            dataset: present,
            index: part.index,
            mapping: schema.mapping,
            labels: schema.labels,
            layout: layout
        )
        let reply = try await asking { () async throws(PeerError) in
            try await data.network.call(
                PartAdoptCall.self,
                request,
                on: holder,
                within: .seconds(3_600)
            )
        }
        let isSame = schema == DataSchema(present) && layout == present.layout
        guard reply.hash == part.hash || !isSame else {
            throw RPCError(.failed, "its part is not what was registered", node: holder)
        }
        return ShardDescription(
            index: part.index,
            rows: part.rows,
            values: reply.values,
            bytes: reply.bytes,
            hash: reply.hash,
            holders: [holder]
        )
    }

    private func manifest(
        of report: ImportReport,
        _ parts: [ShardDescription],
        joining present: DatasetManifest?
    ) -> DatasetManifest {
        let labels = report.labels ?? .real
        var manifest = DatasetManifest(
            tenant: caller.tenant,
            name: params.name,
            version: datasetVersion(
                mapping: report.mapping,
                labels: labels,
                shards: parts.map(\.hash),
                isLocal: true
            ),
            layout: report.layout,
            rows: report.rows + (present?.rows ?? 0),
            columns: report.columns,
            nonzeros: report.nonzeros + (present?.nonzeros ?? 0),
            mapping: report.mapping,
            labels: labels,
            classCounts: report.classCounts.map { count in
                let others = present?.classCounts.first { $0.label == count.label }?.count
                return ClassCount(label: count.label, count: count.count + (others ?? 0))
            },
            // Which columns hold one value only, a sum does not tell.
            constantColumns: [],
            shards: parts,
            seed: shuffleSeed,
            format: present?.format ?? report.format,
            warnings: (present?.warnings ?? []) + report.warnings.map { "\(data.node): \($0)" },
            addedAt: wallClockSeconds()
        )
        manifest.isLocal = true
        return manifest
    }
}

extension DataService {
    /// Lets other nodes add their parts beside ours.
    func serveParts() {
        network.handle(PartAdoptCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                return try await self.adopt(request)
            }
        }
    }

    /// Takes our part of a dataset into its next version: the same file, or one with room for
    /// the columns and classes that another part brings.
    private func adopt(
        _ request: PartAdoptCall.Request
    ) async throws(RPCError) -> PartAdoptCall.Reply {
        let (dataset, index) = (request.dataset, request.index)
        guard dataset.isLocal, dataset.shards.indices.contains(index) else {
            throw RPCError(.badUsage, "there is no such part", node: node)
        }
        let becomesFloats = request.layout == .dense && dataset.layout == .bytes
        guard request.layout == dataset.layout || becomesFloats else {
            throw RPCError(
                .badUsage,
                "rows stored \(dataset.layout) do not become \(request.layout)",
                node: node
            )
        }
        let old = DataSchema(dataset)
        let wider = DataSchema(mapping: request.mapping, labels: request.labels)
        let file = try await shard(index, of: dataset)
        defer { closeFile(file.descriptor) }
        let object = try await catalog { database throws(CatalogError) in
            try database.shard(index, of: dataset.version, for: .daemon(of: dataset.tenant))
        }
        do throws(DataError) {
            let layout: ShardLayout
            if wider == old, request.layout == dataset.layout {
                layout = ShardLayout(dataset.shards[index], of: dataset)
                try await staging.adopt(request.staging, object, shard: index, layout: layout)
            } else {
                layout = try await widen(request, file.descriptor, old, wider)
            }
            let hash = try await staging.complete(request.staging, shard: index, layout: layout)
            return .init(values: layout.values, bytes: layout.fileBytes, hash: hash)
        } catch {
            throw RPCError(error, node: node)
        }
    }

    private func widen(
        _ request: PartAdoptCall.Request,
        _ descriptor: Int32,
        _ old: DataSchema,
        _ wider: DataSchema
    ) async throws(DataError) -> ShardLayout {
        let (dataset, part) = (request.dataset, request.dataset.shards[request.index])
        let target = try await staging.open(
            request.staging,
            tenant: dataset.tenant,
            shard: part.index
        )
        defer { closeFile(target) }
        return try await onOwnThread("widen", failing: DataError.noThread) {
            Result { () throws(DataError) in
                do throws(DatasetError) {
                    let places = try old.places(in: wider)
                    let reader = try MappedShardReader(
                        descriptor: descriptor,
                        layout: ShardLayout(part, of: dataset),
                        hash: part.hash,
                        classes: max(1, places.classes.count),
                        name: "part \(part.index)"
                    )
                    return try widenShard(
                        reader,
                        places: places,
                        columns: wider.mapping.count,
                        layout: request.layout,
                        to: target
                    ).layout
                } catch {
                    throw .data(error)
                }
            }
        }
    }
}
