import Catalog
import ControlAPI
import Datasets
import Domain
import Glibc
import Logging
import Registers
import TLSTransport
import Transport

/// Datasets and models on this node and, together with its peers, in the cluster.
final class DataService: RunData {
    let network: PeerNetwork
    let store: Store
    let registers: RegisterService
    let exchange: RecordExchange
    let objects: ObjectStore
    let staging: StagingArea
    let workers: WorkerHost
    let log: Logger
    let works = FileWorks()
    private let keeper: DataKeeper

    /// Takes over the objects below the state directory; strays of an earlier process are removed.
    init(
        _ configuration: Configuration,
        network: PeerNetwork,
        store: Store,
        registers: RegisterService,
        exchange: RecordExchange,
        log: Logger
    ) throws(DataError) {
        self.network = network
        self.store = store
        self.registers = registers
        self.exchange = exchange
        self.log = log
        workers = WorkerHost(configuration.worker)
        do throws(ObjectError) {
            objects = try ObjectStore(folder: configuration.state)
        } catch {
            throw .object(error)
        }
        do throws(TransportError) {
            staging = try StagingArea(node: network.node, objects: objects, store: store)
        } catch {
            throw .busy("\(error)")
        }
        keeper = DataKeeper()
        serve()
    }

    /// This node.
    var node: NodeID { network.node }

    /// Begins to keep names, files and their rows together, until `stop`.
    func start() async { await keeper.start(self) }

    func stop() async { await keeper.stop() }

    /// The members that are alive, this one among them, in ring order.
    var aliveNodes: [NodeID] {
        (network.views.filter { $0.state == .alive }.map(\.node) + [node]).sorted()
    }

    /// Answers peers from now on.
    private func serve() {
        serveStaging()
        serveShards()
        serveParts()
        serveNames()
        serveModels()
    }

    /// Asks the catalogue.
    func catalog<Value: Sendable>(
        _ body: @Sendable (Database) throws(CatalogError) -> Value
    ) async throws(RPCError) -> Value {
        do throws(CatalogError) {
            return try await store.perform(body)
        } catch {
            throw RPCError(error)
        }
    }
}

/// Runs `body` for a peer, who is told what a client would be told.
func answering<Value>(
    _ body: () async throws(RPCError) -> Value
) async throws(PeerRefusal) -> Value {
    do throws(RPCError) {
        return try await body()
    } catch {
        throw PeerRefusal(error)
    }
}

/// Asks a peer, whose failure a client is told.
func asking<Value>(
    _ body: () async throws(PeerError) -> Value
) async throws(RPCError) -> Value {
    do throws(PeerError) {
        return try await body()
    } catch {
        throw RPCError(error)
    }
}
