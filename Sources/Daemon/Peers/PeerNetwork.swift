import ControlAPI
import Domain
import Logging
import Synchronization
import TLSTransport
import Transport

/// All that goes between this node and its peers.
///
/// Contract, for whoever builds on it:
///
/// - **Calls**: `handle(method) { node, payload in … }` before `start`, then on another node
///   `call(node, method, payload, within:)`; bytes in, bytes out, at most 4 MiB each. The typed
///   form takes a `PeerMethod` and codes JSON. A handler's `PeerRefusal` arrives as
///   `PeerError.refused`. 64 calls of one peer are answered at a time, more are refused.
///   A call that is cancelled, or whose link dies, cancels the task that answers it.
/// - **Objects** of any size go from file to file over a connection of their own:
///   `serveFetch` and `fetch(…, into:)`, `servePush` and `push(…, from:)`.
/// - **Ring links**: each seat calls `awaitRingLink(hello, from: node, key:)` for its previous and
///   `dialRing(hello, to: node, key:)` for its next, in any order. The link comes in a box, from
///   which the ring's thread takes it once. A link is handed over only if the node, the seam and
///   the code under the run's key are right.
/// - **Who lives**: `views`, `changes()` for a stream of what changes, `view(of:)`.
///   `counters` of this node travel with every heartbeat and appear in the peers' views.
///
/// Every node has one control link with every other; the one with the lesser name dials. Its own
/// thread reads it whatever happens elsewhere, so silence means that the peer is gone.
final class PeerNetwork: Sendable {
    /// This node.
    let node: NodeID
    let configuration: Configuration
    let log: Logger
    let instance = UInt64.random(in: .min ... .max)
    let stopping: WakeUp
    let table: Mutex<PeerTable>
    let quota = Mutex(HandshakeQuota())
    /// Connections that each peer has made to us.
    let connections = Mutex<[NodeID: Int]>([:])
    let handlers = Mutex(PeerHandlers())
    let answering = Mutex<[PendingAnswer: Task<Void, Never>]>([:])
    let ringDoor = RingDoor()
    let threads = Mutex(0)
    let beats = Mutex<UInt64>(0)
    private let currentContext: Mutex<TLSContext>
    private let watchers = Mutex<[Int: AsyncStream<PeerChange>.Continuation]>([:])
    private let counterSource = Mutex<@Sendable () -> [String: UInt64]>({ [:] })
    private let listeningPort = Mutex<UInt16>(0)

    /// A network that is not running yet.
    init(
        _ configuration: Configuration,
        context: TLSContext,
        log: Logger
    ) throws(TransportError) {
        node = configuration.node
        self.configuration = configuration
        self.log = log
        currentContext = Mutex(context)
        stopping = try WakeUp()
        table = Mutex(PeerTable(configuration, now: monotonicNanoseconds()))
    }

    /// Opens the port, calls the peers and keeps watch.
    func start() throws(TransportError) {
        let listener = try TLSListener(on: configuration.listen)
        listeningPort.withLock { $0 = listener.port }
        let box = HandOver(listener)
        try run("peers-accept") { network in
            guard let listener = box.take() else { return }
            network.acceptUntilStopped(listener)
        }
        try run("peers-watch") { $0.watchUntilStopped() }
        for peer in configuration.peers where node < peer.name {
            try run("peer-\(peer.name)") { $0.dialUntilStopped(peer) }
        }
    }

    /// Ends all links and threads; true where all were gone within `limit`.
    @discardableResult
    func stop(within limit: Duration = .seconds(1)) async -> Bool {
        stopping.ring()
        for session in table.withLock({ $0.sessions.values }) {
            session.close("this node is stopping")
        }
        ringDoor.close()
        // Finishing calls back and takes the lock, so it is done outside of it.
        let watching = watchers.withLock { watchers in
            defer { watchers = [:] }
            return Array(watchers.values)
        }
        for watcher in watching { watcher.finish() }
        let deadline = Deadline.after(limit)
        while threads.withLock({ $0 }) > 0, !deadline.hasPassed {
            try? await Task.sleep(for: .milliseconds(5))
        }
        return threads.withLock { $0 } == 0
    }

    /// How often the watch has gone round; it does many times a second.
    var heartbeats: UInt64 { beats.withLock { $0 } }

    /// The port that peers call; 0 before `start`.
    var port: UInt16 { listeningPort.withLock { $0 } }

    /// The identity that new links use.
    var context: TLSContext { currentContext.withLock { $0 } }

    /// Whether `node` is another member of this cluster.
    func isMember(_ node: NodeID) -> Bool { table.withLock { $0.isMember(node) } }

    /// Every other member, in order of their names.
    var views: [PeerView] { table.withLock { $0.views } }

    /// What is known of one other member.
    func view(of node: NodeID) -> PeerView? { views.first { $0.node == node } }

    /// Whatever changes from now on; ends when the network stops.
    func changes() -> AsyncStream<PeerChange> {
        let (stream, watcher) = AsyncStream.makeStream(
            of: PeerChange.self,
            bufferingPolicy: .bufferingNewest(256)
        )
        let id = watchers.withLock { watchers in
            let id = (watchers.keys.max() ?? 0) + 1
            watchers[id] = watcher
            return id
        }
        watcher.onTermination = { [weak self] _ in
            self?.watchers.withLock { $0[id] = nil }
        }
        return stream
    }

    /// Says where the counters come from that heartbeats carry; called on the links' threads.
    func setCounters(_ source: @escaping @Sendable () -> [String: UInt64]) {
        counterSource.withLock { $0 = source }
    }

    var ownCounters: [String: UInt64] { counterSource.withLock { $0 }() }

    /// Asks another node and waits for its answer.
    func call(
        _ node: NodeID,
        _ method: String,
        _ payload: [UInt8],
        within limit: Duration
    ) async throws(PeerError) -> [UInt8] {
        let (session, member) = table.withLock { ($0.sessions[node], $0.membership.members[node]) }
        guard let member else { throw .unknown(node) }
        guard let session else {
            throw .unreachable(node, reason: member.reason ?? "there is no link")
        }
        return try await session.call(method, payload, within: limit)
    }

    /// Uses another identity from now on, and drops whoever it does not believe any longer.
    func reload(_ context: TLSContext) {
        currentContext.withLock { $0 = context }
        for session in table.withLock({ $0.sessions.values })
        where context.revokes(serial: session.facts.serial) {
            session.close("certificate of \(session.peer) has been revoked")
        }
    }

    /// Runs `body` on a thread that `stop` waits for.
    func run(
        _ name: String,
        _ body: @escaping @Sendable (PeerNetwork) -> Void
    ) throws(TransportError) {
        threads.withLock { $0 += 1 }
        do throws(TransportError) {
            try startThread(name) { [self] in
                body(self)
                threads.withLock { $0 -= 1 }
            }
        } catch {
            threads.withLock { $0 -= 1 }
            throw error
        }
    }

    /// Does what the membership decided.
    func perform(_ actions: [Membership.Action]) {
        for action in actions {
            switch action {
            case .drop(let node, let reason):
                table.withLock { $0.sessions[node] }?.close(reason)
            case .changed(let node, let state, let reason):
                var fields: Logger.Metadata = ["node": "\(node)"]
                if let reason { fields["reason"] = "\(reason)" }
                log.log(
                    level: state == .alive ? .notice : .warning,
                    "peer \(state)",
                    metadata: fields
                )
                let change = PeerChange(node: node, state: state, reason: reason)
                for watcher in watchers.withLock({ $0.values }) { watcher.yield(change) }
            }
        }
    }
}
