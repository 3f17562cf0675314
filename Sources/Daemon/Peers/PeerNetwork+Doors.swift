import Domain
import Glibc
import Logging
import Synchronization
import TLSTransport
import Transport

/// How long a peer may take from its handshake to the end of its first frame.
private let greetingLimit = Duration.seconds(5)
/// Longest first frame.
private let greetingBytesMax = 1_024

/// Connections of one peer at a time: its control link, its objects, ring links not yet taken.
private let connectionsPerPeerMax = 64

extension PeerNetwork {
    /// Lets peers in until the network stops.
    func acceptUntilStopped(_ listener: consuming TLSListener) {
        var entries = [
            pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopping.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            _ = poll(&entries, 2, -1)
            if entries[1].revents != 0 { return }
            do throws(TransportError) {
                while let socket = try listener.accept() { greet(socket) }
            } catch {
                // Out of descriptors, say: those who wait stay in the queue while we rest.
                log.warning("cannot accept a peer", metadata: ["reason": "\(error)"])
                if stopping.wait(until: .after(.milliseconds(200))) { return }
            }
        }
    }

    private func greet(_ socket: AcceptedSocket) {
        guard quota.withLock({ $0.enter(socket.host) }) else {
            log.notice("too many at the door", metadata: ["address": "\(socket.address)"])
            return socket.refuse()
        }
        do throws(TransportError) {
            try run("peer-door") { network in
                let reason = network.receive(socket)
                guard let reason else { return }
                network.log.notice(
                    "peer refused",
                    metadata: ["address": "\(socket.address)", "reason": "\(reason)"]
                )
            }
        } catch {
            quota.withLock { $0.leave(socket.host) }
            log.warning("no thread for a peer", metadata: ["reason": "\(error)"])
            socket.refuse()
        }
    }

    /// Sees a connection through from its handshake to its end; returns why it was refused.
    private func receive(_ socket: AcceptedSocket) -> String? {
        do throws(TransportError) {
            var link = try handshake(socket)
            let node = link.peerNode
            try enter(node)
            defer { connections.withLock { $0[node, default: 1] -= 1 } }
            if link.applicationProtocol == .ring {
                return try acceptRing(link)
            }
            setUserTimeout(link.descriptor)
            let frame = try link.receiveFrame(
                limit: greetingBytesMax,
                until: .after(greetingLimit)
            )
            guard case .hello(let theirs) = try message(frame, from: link.peer) else {
                throw .violation(peer: link.peer, reason: "it did not say hello")
            }
            switch theirs.purpose {
            case .control: return try acceptControl(link, theirs)
            case .fetch, .push: return try acceptObject(link, theirs)
            case .probe:
                try link.sendFrame(
                    PeerMessage.hello(hello(.probe)).frame,
                    until: .after(greetingLimit)
                )
                return nil
            }
        } catch {
            return "\(error)"
        }
    }

    private func handshake(_ socket: AcceptedSocket) throws(TransportError) -> TLSLink {
        defer { quota.withLock { $0.leave(socket.host) } }
        return try TLSLink.accept(
            socket,
            over: [.rpc, .ring],
            as: context,
            until: .after(greetingLimit)
        ) { node, _ in isMember(node) }
    }

    /// Counts one connection of a peer; each costs a thread while it lasts.
    private func enter(_ node: NodeID) throws(TransportError) {
        let isIn = connections.withLock { connections in
            guard connections[node, default: 0] < connectionsPerPeerMax else { return false }
            connections[node, default: 0] += 1
            return true
        }
        if !isIn { throw .violation(peer: node.text, reason: "too many connections") }
    }

    private func acceptControl(
        _ link: consuming TLSLink,
        _ theirs: PeerHello
    ) throws(TransportError) -> String? {
        let session = try newSession(link, theirs)
        guard link.peerNode < node else {
            throw .violation(peer: link.peer, reason: "the lesser name dials, \(node) here")
        }
        if let other = admit(session) {
            log.error(
                "two daemons use one certificate; the second is refused",
                metadata: [
                    "node": "\(link.peerNode)", "first": "\(other)", "second": "\(link.address)",
                ]
            )
            let text = "node \(link.peerNode) is connected from \(other) already"
            let refusal = PeerRefusal(code: 600, message: text)
            try link.sendFrame(
                PeerMessage.refusal(id: 0, refusal).frame,
                until: .after(greetingLimit)
            )
            return text
        }
        do throws(TransportError) {
            try link.sendFrame(
                PeerMessage.hello(hello(.control)).frame,
                until: .after(greetingLimit)
            )
        } catch {
            session.close("\(error)")
        }
        _ = serve(link, as: session)
        return nil
    }

    func newSession(
        _ link: borrowing TLSLink,
        _ theirs: PeerHello
    ) throws(TransportError) -> PeerSession {
        try PeerSession(
            peer: link.peerNode,
            hello: theirs,
            facts: SessionFacts(
                address: link.address,
                serial: link.peerCertificate.serial,
                notAfter: link.peerCertificate.notAfter
            )
        )
    }
}

/// Which kind of link it is is known after the handshake only.
private func setUserTimeout(_ descriptor: Int32) {
    var milliseconds: Int32 = 5_000
    setsockopt(
        descriptor,
        Int32(IPPROTO_TCP),
        TCP_USER_TIMEOUT,
        &milliseconds,
        socklen_t(MemoryLayout<Int32>.size)
    )
}
