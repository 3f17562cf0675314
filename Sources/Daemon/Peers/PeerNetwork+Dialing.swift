import Domain
import Glibc
import Logging
import Synchronization
import TLSTransport
import Transport
import Wire

/// Between two tries: 0.2 s after a link that stood, doubled up to 2 s while none comes about.
private let pauses: [Duration] = [200, 400, 800, 1_600, 2_000].map { .milliseconds($0) }
/// How long one try may take.
private let dialLimit = Duration.seconds(5)

extension PeerNetwork {
    /// Keeps a control link to `peer` until the network stops.
    func dialUntilStopped(_ peer: Configuration.Peer) {
        var failures = 0
        repeat {
            do throws(TransportError) {
                var link = try dial(peer)
                let theirs = try exchangeHello(&link, .control)
                let session = try newSession(link, theirs)
                guard admit(session) == nil else { continue }
                failures = 0
                let reason = serve(link, as: session)
                log.info("link ended", metadata: ["node": "\(peer.name)", "reason": "\(reason)"])
            } catch {
                failures += 1
                let event = Membership.Event.unreachable(
                    peer.name,
                    reason: "\(error)",
                    isRefused: error.isConnectionRefused
                )
                perform(table.withLock { $0.handle(event, at: monotonicNanoseconds()) })
                log.debug("no link", metadata: ["node": "\(peer.name)", "reason": "\(error)"])
            }
        } while !stopping.wait(until: .after(pauses[min(failures, pauses.count - 1)]))
    }

    private func dial(_ peer: Configuration.Peer) throws(TransportError) -> TLSLink {
        try TLSLink.connect(
            to: peer.address,
            expecting: peer.name,
            over: .rpc,
            as: context,
            options: .control,
            until: .after(dialLimit)
        )
    }

    /// Opens a connection of its own to a peer, for `purpose`; blocks.
    func connect(
        to node: NodeID,
        for purpose: PeerHello.Purpose
    ) throws(PeerError) -> TLSLink {
        guard let peer = configuration.peers.first(where: { $0.name == node }) else {
            throw .unknown(node)
        }
        do throws(TransportError) {
            var link = try dial(peer)
            try link.sendFrame(PeerMessage.hello(hello(purpose)).frame, until: .after(dialLimit))
            return link
        } catch {
            throw .unreachable(node, reason: "\(error)")
        }
    }

    /// Says hello and waits for the peer's.
    private func exchangeHello(
        _ link: inout TLSLink,
        _ purpose: PeerHello.Purpose
    ) throws(TransportError) -> PeerHello {
        try link.sendFrame(PeerMessage.hello(hello(purpose)).frame, until: .after(dialLimit))
        let frame = try link.receiveFrame(limit: 8_192, until: .after(dialLimit))
        switch try message(frame, from: link.peer) {
        case .hello(let theirs): return theirs
        case .refusal(_, let refusal):
            throw .refusedByPeer(peer: link.peer, alert: refusal.message)
        default: throw .violation(peer: link.peer, reason: "it did not say hello")
        }
    }

    /// Reads a frame as a message of daemons.
    func message(_ frame: Frame, from peer: String) throws(TransportError) -> PeerMessage {
        do throws(WireError) {
            return try PeerMessage(frame)
        } catch {
            throw .violation(peer: peer, reason: "\(error)")
        }
    }
}

extension TransportError {
    /// Whether the host itself said that nobody listens there.
    var isConnectionRefused: Bool {
        if case .system(_, ECONNREFUSED) = self { true } else { false }
    }
}
