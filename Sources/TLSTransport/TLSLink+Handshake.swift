public import Domain
import Glibc
public import Transport

extension TLSLink {
    /// Dials a node and returns once both sides have proved who they are; blocks.
    ///
    /// A peer that refuses *us* says so in the first `receive`: with TLS 1.3 the dialling side is
    /// done before the other has looked at its certificate.
    /// - Throws: `.untrusted` unless the peer is exactly `expected`.
    public static func connect(
        to address: PeerAddress,
        expecting expected: NodeID,
        over spoken: ApplicationProtocol,
        as context: TLSContext,
        options: LinkOptions = .ring,
        until deadline: Deadline
    ) throws(TransportError) -> TLSLink {
        let label = "\(expected) at \(address)"
        guard expected != context.node else {
            throw .untrusted(peer: label, reason: "that is this node itself")
        }
        let socket = try dial(address, until: deadline)
        var session = try TLSSession(
            adopting: socket.descriptor,
            as: .dialling,
            in: context,
            over: [spoken]
        )
        try configure(socket.descriptor, options)
        let limit = Deadline.earlier(deadline, .after(options.handshakeLimit))
        try session.handshake(until: limit, peer: label)
        let peer = try session.authenticate(peer: label)
        guard peer.0.node == expected else {
            throw .untrusted(peer: label, reason: "it is node \(peer.0.node)")
        }
        return TLSLink(session, with: peer, at: socket.address, options: options)
    }

    /// Takes over a connection that a peer made and returns once both have proved who they are.
    ///
    /// Blocks, at most for `options.handshakeLimit`. Takes the socket over in every case. `allow`
    /// is asked whether this node may speak this protocol here, once it has proved who it is.
    public static func accept(
        _ socket: AcceptedSocket,
        over spoken: [ApplicationProtocol],
        as context: TLSContext,
        options: LinkOptions = .ring,
        until deadline: Deadline,
        allow: (NodeID, ApplicationProtocol) -> Bool
    ) throws(TransportError) -> TLSLink {
        let label = socket.address
        var session = try TLSSession(
            adopting: socket.descriptor,
            as: .accepting,
            in: context,
            over: spoken
        )
        try configure(socket.descriptor, options)
        let limit = Deadline.earlier(deadline, .after(options.handshakeLimit))
        try session.handshake(until: limit, peer: label)
        let peer = try session.authenticate(peer: label)
        let node = peer.0.node
        guard node != context.node else {
            throw .untrusted(peer: label, reason: "it has this node's own certificate")
        }
        guard allow(node, peer.1) else {
            throw .untrusted(peer: label, reason: "node \(node) has no business on \(peer.1) here")
        }
        return TLSLink(session, with: peer, at: label, options: options)
    }
}
