import Domain
import Logging
import Synchronization
import TLSTransport
import Transport
import Wire

/// A ring link on its way to the thread that will own it.
typealias RingLink = HandOver<TLSLink>

/// How long one end of a seam waits for the other at most, once both are connected.
private let seamLimit = Duration.seconds(10)

extension PeerNetwork {
    /// Waits for the ring link that `node` dials for the seam of `hello`.
    ///
    /// `key` is the run's own, 32 bytes, known to its participants alone. A link that came before
    /// this call is kept waiting for it.
    func awaitRingLink(
        _ hello: RingHello,
        from node: NodeID,
        key: [UInt8],
        within limit: Duration
    ) async throws(PeerError) -> RingLink {
        let expectation = RingExpectation(hello: hello, node: node, key: key)
        return try await ringDoor.expect(expectation, within: limit)
    }

    /// Dials the ring link for the seam of `hello` and returns once the peer has taken it.
    func dialRing(
        _ hello: RingHello,
        to node: NodeID,
        key: [UInt8],
        within limit: Duration
    ) async throws(PeerError) -> RingLink {
        guard let peer = configuration.peers.first(where: { $0.name == node }) else {
            throw .unknown(node)
        }
        let context = context
        return try await onOwnThread(
            "ring-dial",
            failing: { PeerError.unreachable(node, reason: "\($0)") }
        ) {
            do throws(TransportError) {
                let link = try dialSeam(hello, to: peer, key: key, as: context, within: limit)
                return .success(HandOver(link))
            } catch {
                return .failure(.unreachable(node, reason: "\(error)"))
            }
        }
    }

    /// Hands a connection on the ring's protocol to whoever waits for it; why not, otherwise.
    func acceptRing(_ link: consuming sending TLSLink) throws(TransportError) -> String? {
        let frame = try link.receiveFrame(limit: RingHello.bytesMax, until: .after(.seconds(5)))
        guard frame.kind == RingHello.frameKind else {
            throw .violation(peer: link.peer, reason: "it did not say which ring")
        }
        let (hello, code) = try decode(frame.payload, from: link.peer)
        guard let expectation = ringDoor.find(hello, within: seamLimit) else {
            return "nobody waits for \(hello.run), generation \(hello.generation), \(hello.from)"
        }
        let exporter = link.exporter(
            label: RingHello.exporterLabel,
            context: hello.exporterContext
        )
        let expected = hello.code(key: expectation.key, exporter: exporter)
        guard link.peerNode == expectation.node, hello == expectation.hello,
            isEqualInConstantTime(code, expected)
        else {
            return "node \(link.peerNode) does not sit at \(hello.from) of \(hello.run)"
        }
        // Only one of two links for one seam gets through.
        guard let waiting = ringDoor.claim(hello) else { return "the seam is taken already" }
        do throws(TransportError) {
            try link.sendFrame(
                Frame(kind: RingHello.takenKind, payload: []),
                until: .after(.seconds(5))
            )
        } catch {
            waiting.resume(returning: .failure(.unreachable(link.peerNode, reason: "\(error)")))
            throw error
        }
        waiting.resume(returning: .success(HandOver(link)))
        return nil
    }

    private func decode(
        _ payload: [UInt8],
        from peer: String
    ) throws(TransportError) -> (hello: RingHello, code: [UInt8]) {
        do throws(WireError) {
            return try RingHello.decode(payload)
        } catch {
            throw .violation(peer: peer, reason: "\(error)")
        }
    }
}

private func dialSeam(
    _ hello: RingHello,
    to peer: Configuration.Peer,
    key: [UInt8],
    as context: TLSContext,
    within limit: Duration
) throws(TransportError) -> TLSLink {
    let deadline = Deadline.after(limit)
    var link = try TLSLink.connect(
        to: peer.address,
        expecting: peer.name,
        over: .ring,
        as: context,
        options: .ring,
        until: deadline
    )
    let exporter = link.exporter(label: RingHello.exporterLabel, context: hello.exporterContext)
    let payload = hello.encoded(key: key, exporter: exporter)
    try link.sendFrame(Frame(kind: RingHello.frameKind, payload: payload), until: deadline)
    let frame = try link.receiveFrame(limit: 64, until: deadline)
    guard frame.kind == RingHello.takenKind else {
        throw .violation(peer: link.peer, reason: "it did not take the ring link")
    }
    return link
}
