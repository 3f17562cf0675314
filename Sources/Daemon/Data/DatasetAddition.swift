import Catalog
import ControlAPI
import Datasets
import Domain
import Glibc
import JSONRPC
import Logging
import Registers
import TLSTransport
import Wire
import WorkerLink

/// One dataset being added, from the client's files to a name that means it.
///
///     read name ─► worker reads and shards ─► push to holders ─► prepare everywhere
///         ─► compare-and-set of the name ─► told to everybody
///
/// Whatever goes wrong before the compare-and-set, all nodes are told to forget it, and nothing
/// is left. After it the dataset is there, even if this node ends in the next moment.
struct DatasetAddition: Sendable {
    let data: DataService
    let params: DatasetAdd.Params
    let caller: Caller
    /// Tells the client how far it is.
    let tell: @Sendable (DatasetAdd.Item) -> Void
    /// Reads the files, and writes the shards; a worker does it.
    let importing: Importing
    let staging = ObjectID.random().text

    init(
        _ data: DataService,
        _ params: DatasetAdd.Params,
        for caller: Caller,
        telling tell: @escaping @Sendable (DatasetAdd.Item) -> Void,
        importing: Importing? = nil
    ) {
        self.data = data
        self.importing = importing ?? data.importByWorker
        self.params = params
        self.caller = caller
        self.tell = tell
    }

    /// Reads everything and says what was found, leaving nothing.
    func rehearse(_ files: [Int32]) async throws(RPCError) -> DatasetDocument {
        let outcome = try await read(files, into: [])
        return DatasetDocument(params.name, outcome.report)
    }

    /// Adds the dataset, or this node's part of it.
    func run(_ files: [Int32]) async throws(RPCError) -> DatasetManifest {
        if params.isLocal { return try await join(files) }
        let before = try await freeName()
        let holders = try chooseHolders()
        let manifest: DatasetManifest
        do throws(RPCError) {
            manifest = try await make(files, holders)
            try await prepare(manifest, on: Set(holders.joined()))
            guard !Task.isCancelled else { throw RPCError(.failed, "the client is gone") }
        } catch {
            await abandon()
            throw error
        }
        try await commit(manifest, expecting: before)
        return manifest
    }

    /// The version of the name's register; it means nothing now.
    func freeName() async throws(RPCError) -> UInt64 {
        guard let value = try await data.read(params.name, of: caller.tenant) else { return 0 }
        let known = try data.knownName(params.name, caller.tenant, value)
        guard known.version == nil else { throw taken }
        return value.version
    }

    var taken: RPCError {
        RPCError(
            .conflict,
            "there is a dataset '\(params.name)' already",
            hint: "take another name, or remove it with 'distmlctl dataset rm \(params.name)'"
        )
    }

    /// Who will hold each shard, the primary first.
    private func chooseHolders() throws(RPCError) -> [[NodeID]] {
        let nodes = data.aliveNodes
        if let wanted = params.replicas, wanted < 1 || wanted > nodes.count {
            throw RPCError(
                wanted < 1 ? .badUsage : .notReady,
                "\(wanted) copies of each shard, with \(nodes.count) nodes alive",
                hint: "see 'distmlctl node ls'"
            )
        }
        return shardHolders(nodes, copies: params.replicas ?? replicasDefault)
    }

    /// Has the worker make the shards, then brings each to all who hold it.
    private func make(
        _ files: [Int32],
        _ holders: [[NodeID]]
    ) async throws(RPCError) -> DatasetManifest {
        var outputs: [Int32] = []
        defer { for output in outputs { close(output) } }
        for index in holders.indices {
            do throws(DataError) {
                outputs.append(
                    try await data.staging.open(staging, tenant: caller.tenant, shard: index)
                )
            } catch {
                throw RPCError(error, node: data.node)
            }
        }
        let outcome = try await read(files, into: outputs)
        try check(outcome, shards: holders.count)
        let manifest = manifest(of: outcome, holders)
        for (shard, written) in zip(manifest.shards, outcome.shards) {
            try await finish(shard, written.layout)
        }
        try await push(manifest, outcome.shards.map(\.layout))
        return manifest
    }

    /// Has a worker read the files, and write shards if there are places for them.
    func read(
        _ files: [Int32],
        into outputs: [Int32],
        options: ImportOptions? = nil
    ) async throws(RPCError) -> ImportOutcome {
        let scratch: Int32
        do throws(ObjectError) { scratch = try data.objects.createUnnamed() } catch {
            throw RPCError(error, node: data.node)
        }
        defer { close(scratch) }
        let options = if let options { options } else { try await self.options() }
        let job = ImportJob(
            files: params.files,
            options: options,
            shards: outputs.count,
            seed: shuffleSeed
        )
        return try await importing(job, files + [scratch] + outputs, tell)
    }

    func options() async throws(RPCError) -> ImportOptions {
        var options = ImportOptions(params.reading)
        if let like = params.reading.like {
            let known = try await data.listed(like, for: caller)
            options.known = KnownColumns(mapping: known.mapping, labels: known.labels)
        }
        return options
    }

    /// What a worker says is believed only where it fits what it was asked.
    func check(_ outcome: ImportOutcome, shards: Int) throws(RPCError) {
        guard outcome.shards.count == shards, outcome.report.labels != nil else {
            throw RPCError(.internalError, "the worker's report is not what it was asked for")
        }
    }

    private func manifest(
        of outcome: ImportOutcome,
        _ holders: [[NodeID]]
    ) -> DatasetManifest {
        let report = outcome.report
        let shards = zip(outcome.shards, holders).enumerated().map { index, pair in
            ShardDescription(
                index: index,
                rows: pair.0.layout.rows,
                values: pair.0.layout.values,
                bytes: pair.0.layout.fileBytes,
                hash: pair.0.hash,
                holders: pair.1
            )
        }
        let labels = report.labels ?? .real
        return DatasetManifest(
            tenant: caller.tenant,
            name: params.name,
            version: datasetVersion(
                mapping: report.mapping,
                labels: labels,
                shards: shards.map(\.hash)
            ),
            layout: report.layout,
            rows: report.rows,
            columns: report.columns,
            nonzeros: report.nonzeros,
            mapping: report.mapping,
            labels: labels,
            classCounts: report.classCounts,
            constantColumns: report.constantColumns,
            shards: shards,
            seed: shuffleSeed,
            format: report.format,
            warnings: report.warnings,
            addedAt: wallClockSeconds()
        )
    }

    /// Reads back and syncs a shard that the worker has written.
    func finish(
        _ shard: ShardDescription,
        _ layout: ShardLayout
    ) async throws(RPCError) {
        do throws(DataError) {
            let hash = try await data.staging.complete(
                staging,
                shard: shard.index,
                layout: layout
            )
            guard hash == shard.hash else {
                throw .misplaced("shard \(shard.index) is not what the worker says it wrote")
            }
        } catch {
            throw RPCError(error, node: data.node)
        }
    }
}

/// Copies of each shard unless somebody says otherwise: losing one node loses no data.
private let replicasDefault = 2

/// The same files give the same shards, and so the same version.
let shuffleSeed: UInt64 = 0

/// For each shard its holders, the primary first: shard i lies on node i and those after it.
func shardHolders(_ nodes: [NodeID], copies: Int) -> [[NodeID]] {
    nodes.indices.map { first in
        (0..<min(copies, nodes.count)).map { nodes[(first + $0) % nodes.count] }
    }
}

/// Does an import job on its descriptors, telling how far it is.
typealias Importing =
    @Sendable (ImportJob, [Int32], @escaping @Sendable (DatasetAdd.Item) -> Void)
    async throws(RPCError) -> ImportOutcome

extension DataService {
    /// Has a worker do an import.
    @Sendable
    func importByWorker(
        _ job: ImportJob,
        _ descriptors: [Int32],
        _ tell: @escaping @Sendable (DatasetAdd.Item) -> Void
    ) async throws(RPCError) -> ImportOutcome {
        do throws(WorkerTaskError) {
            let task = WorkerTask(
                kind: .importData,
                payload: job.payload,
                descriptors: descriptors
            )
            let bytes = try await workers.run(task) { bytes in
                if let progress = try? ImportProgress(bytes: bytes) { tell(.init(progress)) }
            }
            do throws(WireError) { return try ImportOutcome(bytes: bytes) } catch {
                throw .worker(.malformed(error))
            }
        } catch {
            throw RPCError(error, node: node)
        }
    }
}

extension ImportOptions {
    /// What a client asked for.
    init(_ reading: ReadingOptions) {
        self.init()
        format = reading.format.flatMap { Format(rawValue: $0.rawValue) }
        label = reading.label
        header = reading.header
        drop = reading.drop
        only = reading.only
        missing = reading.missing.flatMap { Missing(rawValue: $0.rawValue) }
        indexBase = reading.indexBase
        classes = reading.classes
        columns = reading.columns
    }
}

extension DatasetAdd.Item {
    init(_ progress: ImportProgress) {
        self.init(
            phase: progress.phase.rawValue,
            bytes: progress.bytes,
            bytesMax: progress.bytesMax,
            rows: progress.rows
        )
    }
}

extension DatasetDocument {
    /// What a dry run found.
    init(_ name: DatasetName, _ report: ImportReport) {
        self.init(
            name: name,
            rows: report.rows,
            columns: report.columns,
            nonzeros: report.nonzeros,
            classes: report.classCounts,
            shards: [],
            labels: report.labels == .real ? "real" : "classes",
            layout: report.layout,
            reading: Reading(report.mapping, format: report.format),
            warnings: report.warnings
        )
    }
}
