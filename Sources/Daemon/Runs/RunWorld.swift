import ControlAPI
import Domain
import Logging
import WorkerLink

/// What runs need of the rest of the node.
struct RunWorld: Sendable {
    let network: PeerNetwork
    let store: Store
    let registers: RegisterService
    let objects: ObjectStore
    let data: any RunData
    let workers: WorkerPlace
    let policy: IsolationPolicy
    let memoryBytes: Int?
    let log: Logger

    var node: NodeID { network.node }
}

/// What runs need of datasets and models.
protocol RunData: Sendable {
    /// The dataset that a name means now, for its owner.
    func dataset(
        _ name: DatasetName,
        for caller: Caller
    ) async throws(RPCError) -> DatasetManifest

    /// The dataset of this version.
    func manifest(
        _ version: ContentHash,
        _ tenant: TenantID
    ) async throws(RPCError) -> DatasetManifest

    /// Whether a model of that name exists for the caller.
    func hasModel(_ name: ModelName, for caller: Caller) async -> Bool

    /// A shard of ours, fetched from another holder where it is not here yet.
    ///
    /// The caller closes the descriptor.
    func shard(
        _ index: Int,
        of manifest: DatasetManifest
    ) async throws(RPCError) -> LocalShard

    /// Reads all of this node's shards of a dataset; what is damaged is set aside and fetched anew.
    func mend(_ manifest: DatasetManifest) async

    /// Stores a finished model; every seat stores the same.
    func save(_ model: FinishedModel) async throws(RPCError)
}

/// A shard that lies on this node.
struct LocalShard: Sendable {
    /// The open file; whoever got it closes it.
    let descriptor: Int32
    /// SHA-256 of each page, 32 bytes a page.
    let pages: [UInt8]
    /// Where its arrays lie, in `Datasets`' own form.
    let layout: [UInt8]
}

/// What a run leaves behind.
struct FinishedModel: Sendable {
    let record: RunRecord
    let dataset: DatasetManifest
    let made: MadeModel
    let metrics: [Metrics]
    let madeAt: Double
}
