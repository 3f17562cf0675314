import Collectives
import Domain
import TLSTransport
import Transport

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
        let frame = try link.receiveFrame(
            limit: RingHello.encodedBytesMax,
            until: .after(.seconds(5))
        )
        do throws(RingHelloError) {
            guard frame.kind == seamFrameKind else { throw .malformed("frame \(frame.kind)") }
            let seam = Seam(try RingHello.claim(in: frame.payload))
            guard let expectation = ringDoor.find(seam, within: seamLimit) else {
                return "nobody waits for \(seam)"
            }
            let exporter = link.exporter(label: exporterLabel, context: [])
            try expectation.hello.verify(frame.payload, exporter: exporter) {
                hmacSHA256(key: expectation.key, message: $0)
            }
            guard link.peerNode == expectation.node else {
                return "node \(link.peerNode) does not sit at \(seam)"
            }
            // Only one of two links for one seam gets through.
            guard let waiting = ringDoor.claim(seam) else { return "\(seam) is taken already" }
            do throws(TransportError) {
                let answer = expectation.hello.answer
                try link.sendFrame(
                    answer.frame(key: expectation.key, exporter: exporter),
                    until: .after(.seconds(5))
                )
            } catch {
                waiting.resume(returning: .failure(.unreachable(link.peerNode, reason: "\(error)")))
                return "\(error)"
            }
            waiting.resume(returning: .success(HandOver(link)))
            return nil
        } catch {
            return "\(error)"
        }
    }
}

private let exporterLabel = "distml-ring/1"
private let seamFrameKind: UInt8 = 0x52

extension RingHello {
    fileprivate func frame(key: [UInt8], exporter: [UInt8]) -> Frame {
        let code = hmacSHA256(key: key, message: signedBytes(exporter: exporter))
        return Frame(kind: seamFrameKind, payload: encoded(code: code))
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
    let exporter = link.exporter(label: exporterLabel, context: [])
    try link.sendFrame(hello.frame(key: key, exporter: exporter), until: deadline)
    let frame = try link.receiveFrame(limit: RingHello.encodedBytesMax, until: deadline)
    do throws(RingHelloError) {
        try hello.answer.verify(frame.payload, exporter: exporter) {
            hmacSHA256(key: key, message: $0)
        }
    } catch {
        throw .violation(peer: link.peer, reason: "\(error)")
    }
    return link
}
