import Catalog
import ControlAPI
import Domain
import Logging
import Synchronization
import TLSTransport
import Transport

/// What handlers and runs build on: one of each for one daemon.
final class Services: Sendable {
    let configuration: Configuration
    let log: Log
    let logger: Logger
    let network: PeerNetwork
    let store: Store
    let registers: RegisterService
    let exchange: RecordExchange
    let data: DataService
    let runs: RunSupervisor
    let directory: NodeDirectory
    private let drains = Mutex<[@Sendable (Duration) async -> Void]>([])
    private let reloading = Mutex<@Sendable () throws(RPCError) -> Bool>({ false })

    init(_ configuration: Configuration, context: TLSContext, log: Log) throws(StartError) {
        self.configuration = configuration
        self.log = log
        logger = log.logger("distmld")
        let path = configuration.state + "/catalog.sqlite"
        let peersLog = log.logger("peers")
        let network = try StartError.wrapping(StartError.Cause.network) {
            () throws(TransportError) in
            try PeerNetwork(configuration, context: context, log: peersLog)
        }
        self.network = network
        let database = try StartError.wrapping(StartError.Cause.catalog) {
            () throws(CatalogError) in
            try Database(path: path)
        }
        do throws(TransportError) {
            store = try Store(database)
        } catch {
            throw StartError(cause: .network(error))
        }
        let journal = try StartError.wrapping(StartError.Cause.catalog) {
            () throws(CatalogError) in
            CatalogJournal(try Database(path: path))
        }
        do throws(RegisterError) {
            registers = try RegisterService(
                network,
                journal: journal,
                log: log.logger("registers")
            )
        } catch {
            throw StartError(cause: .registers(error))
        }
        exchange = RecordExchange(network: network, store: store, log: log.logger("exchange"))
        do throws(DataError) {
            data = try DataService(
                configuration,
                network: network,
                store: store,
                registers: registers,
                exchange: exchange,
                log: log.logger("data")
            )
        } catch {
            throw StartError(cause: .data(error))
        }
        runs = RunSupervisor(
            RunWorld(
                network: network,
                store: store,
                registers: registers,
                objects: data.objects,
                data: data,
                workers: data.workers.place,
                policy: data.workers.policy,
                memoryBytes: configuration.worker.memoryBytes,
                log: log.logger("runs")
            )
        )
        runs.serve()
        directory = NodeDirectory(
            configuration: configuration,
            network: network,
            store: store,
            startedAt: wallClockSeconds(),
            benchmark: RingBenchmark(network: network)
        )
        directory.serve()
        registers.serve()
        exchange.serve()
    }

    /// Asks the catalogue for a client.
    func catalog<Value: Sendable>(
        _ body: @Sendable (Database) throws(CatalogError) -> Value
    ) async throws(RPCError) -> Value {
        do throws(CatalogError) {
            return try await store.perform(body)
        } catch {
            throw RPCError(error)
        }
    }

    /// Begins what goes on by itself; the network's port is opened after it.
    func start() async {
        await registers.start()
        await exchange.start()
        await data.start()
        await runs.recover()
        onDrain { [runs] limit in await runs.drain(within: limit) }
    }

    /// Has `work` done before the daemon ends, with time for it; runs write their checkpoints so.
    func onDrain(_ work: @escaping @Sendable (Duration) async -> Void) {
        drains.withLock { $0.append(work) }
    }

    /// Lets runs come to their end; whoever is not done in time is told by cancellation.
    func drain(within limit: Duration) async {
        let (end, reached) = AsyncStream<Never>.makeStream()
        let work = drains.withLock { $0 }
        let drain = Task {
            await withTaskGroup(of: Void.self) { group in
                for work in work { group.addTask { await work(limit) } }
            }
            reached.finish()
        }
        let timer = Task {
            try? await Task.sleep(for: limit)
            reached.finish()
        }
        for await _ in end {}
        timer.cancel()
        drain.cancel()
    }

    /// Ends everything but the control socket.
    func stop() async {
        await data.stop()
        await exchange.stop()
        await registers.stop()
        await network.stop()
    }

    /// Reads certificates, tenants and the log's level again; true where the certificate changed.
    func reload() throws(RPCError) -> Bool { try reloading.withLock { $0 }() }

    func setReload(_ reload: @escaping @Sendable () throws(RPCError) -> Bool) {
        reloading.withLock { $0 = reload }
    }
}
