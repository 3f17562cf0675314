import ControlAPI
import Domain
import Glibc
import JSONRPC
import Logging
import Synchronization
import Transport

/// Takes orders on the Unix socket: who asks is known before what is asked is read.
///
/// One thread reads and writes all connections; each request is answered in a task of its own.
/// A client that is slow, talks too much or hangs up costs nobody else anything.
final class ControlServer: Sendable {
    let limits: ControlLimits
    let table: MethodTable
    let log: Logger
    let wakeUp: WakeUp
    private let settings: Configuration.Socket
    private let mapping: Mutex<CallerMapping>
    private let phase = Mutex(Phase.running)
    private let beats = Mutex<UInt64>(0)

    /// Where the server is in its life.
    enum Phase: Equatable {
        case running
        /// Takes nothing new; answers what it has.
        case draining(until: Int64)
        case ended
    }

    init(
        _ settings: Configuration.Socket,
        table: MethodTable,
        mapping: CallerMapping,
        limits: ControlLimits = .standard,
        log: Logger
    ) throws(TransportError) {
        self.limits = limits
        self.settings = settings
        self.table = table
        self.mapping = Mutex(mapping)
        self.log = log
        wakeUp = try WakeUp()
    }

    /// Opens the socket and serves it.
    func start() throws(ControlSocketError) {
        let socket = HandOver(try ControlSocket(settings))
        do throws(TransportError) {
            try startThread("control") { [self] in
                serve(socket)
                phase.withLock { $0 = .ended }
            }
        } catch {
            throw .system(call: "pthread_create", path: settings.path, errno: EAGAIN)
        }
    }

    /// Serves the socket to the end; it is gone from the file system when this returns.
    private func serve(_ socket: HandOver<ControlSocket>) {
        guard let socket = socket.take() else { return }
        var loop = ControlLoop(socket: socket, server: self)
        loop.run()
    }

    /// Takes nothing new from now on; ends by itself once everything is answered.
    func drain(within limit: Duration) {
        let until = monotonicNanoseconds() + limit.nanoseconds
        phase.withLock { if $0 != .ended { $0 = .draining(until: until) } }
        wakeUp.ring()
    }

    /// Waits so long for the last answers, and removes the socket.
    func stop(within limit: Duration) async {
        drain(within: limit)
        let deadline = Deadline.after(limit + .seconds(1))
        while currentPhase != .ended, !deadline.hasPassed {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Maps callers in another way from now on; connections that stand keep what they have.
    func reload(_ mapping: CallerMapping) { self.mapping.withLock { $0 = mapping } }

    var currentPhase: Phase { phase.withLock { $0 } }

    /// Who has connected; nil where that is nobody to us.
    func caller(of socket: Int32) -> Caller? {
        peerCredentials(of: socket).flatMap { credentials in
            mapping.withLock { $0.caller(credentials) }
        }
    }

    /// How often the loop has gone round; it does at least once a second.
    var heartbeats: UInt64 { beats.withLock { $0 } }

    func beat() { beats.withLock { $0 &+= 1 } }
}

/// What clients may use up.
struct ControlLimits: Sendable {
    /// Connections at a time.
    var connections = 64
    /// Connections of one user at a time.
    var connectionsPerUser = 8
    /// Connections of one operator at a time.
    var connectionsPerOperator = 32
    /// Requests of one user in a second.
    var requestsPerSecond = 200.0
    /// Time for a line to end once it has begun.
    var line = Duration.seconds(10)
    /// Time for a reader to read something.
    var stall = Duration.seconds(30)

    static let standard = ControlLimits()
}
