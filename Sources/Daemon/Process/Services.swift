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
    let sweeps: SweepKeeper
    let directory: NodeDirectory
    private let reloading = Mutex<@Sendable () throws(RPCError) -> Bool>({ false })

    init(_ configuration: Configuration, context: TLSContext, log: Log) throws(StartError) {
        self.configuration = configuration
        self.log = log
        logger = log.logger("distmld")
        network = try makeNetwork(configuration, context, log)
        store = try makeStore(configuration)
        registers = try makeRegisters(network, log)
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
        sweeps = SweepKeeper(RunDirectory(supervisor: runs))
        directory = NodeDirectory(
            configuration: configuration,
            network: network,
            store: store,
            registers: registers,
            startedAt: wallClockSeconds(),
            benchmark: RingBenchmark(network: network)
        )
        serve()
    }

    /// Answers peers from now on; the network's port is opened later.
    private func serve() {
        runs.serve()
        sweeps.serve()
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
        await sweeps.recover()
    }

    /// Lets runs come to their end and write their checkpoints, for so long and no longer.
    func drain(within limit: Duration) async {
        let (end, reached) = AsyncStream<Never>.makeStream()
        let drain = Task {
            await sweeps.drain()
            await runs.drain(within: limit)
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

private func makeNetwork(
    _ configuration: Configuration,
    _ context: TLSContext,
    _ log: Log
) throws(StartError) -> PeerNetwork {
    do throws(TransportError) {
        return try PeerNetwork(configuration, context: context, log: log.logger("peers"))
    } catch {
        throw StartError(cause: .network(error))
    }
}

private func makeStore(_ configuration: Configuration) throws(StartError) -> Store {
    let database = try openCatalog(configuration)
    do throws(TransportError) {
        return try Store(database)
    } catch {
        throw StartError(cause: .network(error))
    }
}

private func makeRegisters(
    _ network: PeerNetwork,
    _ log: Log
) throws(StartError) -> RegisterService {
    let database = try openCatalog(network.configuration)
    let isCopied: Bool
    do throws(CatalogError) {
        isCopied = try database.renewLifeMark(random: .random(in: .min ... .max))
    } catch {
        throw StartError(cause: .catalog(error))
    }
    do throws(RegisterError) {
        return try RegisterService(
            network,
            journal: CatalogJournal(database),
            isCopied: isCopied,
            log: log.logger("registers")
        )
    } catch {
        throw StartError(cause: .registers(error))
    }
}

/// A connection of its own for each thread that works with the catalogue.
private func openCatalog(_ configuration: Configuration) throws(StartError) -> sending Database {
    do throws(CatalogError) {
        return try Database(path: configuration.state + "/catalog.sqlite")
    } catch {
        throw StartError(cause: .catalog(error))
    }
}
