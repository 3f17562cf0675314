import Catalog
import ControlAPI
import Domain
import Glibc
import Logging
import Synchronization
import TLSTransport
import Transport

/// Everything alive on this node: one of these is one daemon.
///
/// Order of a start: configuration, identity, state directory, catalogue, peers, control socket;
/// of an end: the other way round, runs first, so that each has time for its checkpoint.
public final class LocalNode: Sendable {
    /// How long runs may take for their last checkpoint when the daemon ends.
    static let drainLimit = Duration.seconds(8)

    let services: Services
    let control: ControlServer
    private let configurationPath: String
    private let lock: HandOver<StateLock>

    /// Reads the configuration and all it names, without starting anything.
    public static func check(_ path: String) throws(StartError) {
        let configuration = try loadConfiguration(path)
        _ = try makeContext(configuration)
        _ = try makeMapping(configuration)
    }

    /// A node that is not running yet; it owns its state directory from now on.
    public convenience init(configurationPath path: String) throws(StartError) {
        let configuration = try Self.loadConfiguration(path)
        let settings = configuration.log
        try self.init(
            configuration,
            path: path,
            log: Log(format: settings.format, level: settings.level)
        )
    }

    init(_ configuration: Configuration, path: String, log: Log) throws(StartError) {
        configurationPath = path
        let context = try Self.makeContext(configuration)
        let mapping = try Self.makeMapping(configuration)
        lock = HandOver(
            try StartError.wrapping(StartError.Cause.state) { () throws(StateLockError) in
                try StateLock(directory: configuration.state)
            }
        )
        services = try Services(configuration, context: context, log: log)
        let table = methodTable(services)
        let logger = log.logger("control")
        control = try StartError.wrapping(StartError.Cause.network) {
            () throws(TransportError) in
            try ControlServer(configuration.socket, table: table, mapping: mapping, log: logger)
        }
        services.setReload { [weak self] () throws(RPCError) in try self?.reload() ?? false }
    }

    /// Opens the ports and takes orders.
    public func start() async throws(StartError) {
        await services.start()
        do throws(TransportError) {
            try services.network.start()
        } catch {
            throw StartError(cause: .network(error))
        }
        do throws(ControlSocketError) {
            try control.start()
        } catch {
            throw StartError(cause: .socket(error))
        }
        services.logger.notice(
            "ready",
            metadata: [
                "node": "\(services.configuration.node)", "port": "\(services.network.port)",
                "socket": "\(services.configuration.socket.path)",
                "isolation": "\(services.configuration.worker.isolation.rawValue)",
            ]
        )
    }

    /// Ends the daemon: takes nothing new, lets runs write their checkpoints, closes everything.
    public func stop() async {
        services.logger.notice("stopping")
        control.drain(within: Self.drainLimit)
        await services.drain(within: Self.drainLimit)
        // Who follows a run has seen its end by now; who waits for something else does so in vain.
        await control.stop(within: .milliseconds(300))
        await services.stop()
        // The next daemon may have the directory.
        _ = lock.take()
        services.logger.notice("stopped")
    }

    /// Reads certificates, tenants and the log's level again; true where the certificate changed.
    ///
    /// What cannot be used changes nothing.
    @discardableResult
    func reload() throws(RPCError) -> Bool {
        do throws(StartError) {
            let configuration = try Self.loadConfiguration(configurationPath)
            let context = try Self.makeContext(configuration)
            let mapping = try Self.makeMapping(configuration)
            services.log.level = configuration.log.level
            control.reload(mapping)
            let before = services.network.context.certificate
            services.network.reload(context)
            services.logger.notice(
                "reloaded",
                metadata: ["serial": "\(context.certificate.serial)"]
            )
            return context.certificate != before
        } catch {
            services.logger.error("not reloaded", metadata: ["reason": "\(error)"])
            throw RPCError(.failed, "\(error)", hint: "what was in use before is still in use")
        }
    }

    /// Numbers that change as long as the daemon's loops go round; two equal looks are a hang.
    func heartbeats() async -> [UInt64] {
        [control.heartbeats, services.network.heartbeats, await services.store.heartbeat()]
    }

    private static func loadConfiguration(_ path: String) throws(StartError) -> Configuration {
        try StartError.wrapping(StartError.Cause.configuration) {
            () throws(ConfigurationError) in
            try Configuration.load(path)
        }
    }

    private static func makeContext(
        _ configuration: Configuration
    ) throws(StartError) -> TLSContext {
        try StartError.wrapping(StartError.Cause.identity) { () throws(IdentityError) in
            let identity = try TLSIdentity(
                files: configuration.tls,
                node: configuration.node,
                cluster: configuration.cluster
            )
            return try TLSContext(identity)
        }
    }

    private static func makeMapping(
        _ configuration: Configuration
    ) throws(StartError) -> CallerMapping {
        try StartError.wrapping(StartError.Cause.configuration) {
            () throws(ConfigurationError) in
            try CallerMapping(configuration)
        }
    }
}
