import Domain
import Glibc
import Synchronization
import TLSTransport
import Transport

/// How long no byte of an object may move.
private let stallLimit = Duration.seconds(10)
/// How long the other side may take to find an object, or to put it away.
private let answerLimit = Duration.seconds(60)

extension PeerNetwork {
    /// Fetches an object into a file, from where it stands; returns its size in bytes.
    ///
    /// Nothing is known of the bytes but that `node` sent them: check their hash.
    /// - Throws: `.malformed` for an object of more than `bytesMax` bytes.
    func fetch(
        _ node: NodeID,
        _ method: String,
        _ payload: [UInt8],
        into descriptor: Int32,
        bytesMax: Int
    ) async throws(PeerError) -> Int {
        try await onOwnThread("fetch", failing: { .unreachable(node, reason: "\($0)") }) { [self] in
            Result { () throws(PeerError) in
                var link = try connect(to: node, for: .fetch)
                let opening = PeerMessage.open(method: method, payload: payload, bytes: 0)
                try tell(opening, over: &link)
                guard case .open(_, _, let bytes) = try hear(from: &link, within: answerLimit)
                else { throw .malformed(node, reason: "no object") }
                guard bytes <= UInt64(bytesMax) else {
                    throw .malformed(node, reason: "\(bytes) bytes where \(bytesMax) are taken")
                }
                try takeObject(of: Int(bytes), from: &link, into: descriptor)
                return Int(bytes)
            }
        }
    }

    /// Pushes the first `bytes` bytes of a file to `node` and returns its answer.
    func push(
        _ node: NodeID,
        _ method: String,
        _ payload: [UInt8],
        from source: ObjectSource
    ) async throws(PeerError) -> [UInt8] {
        try await onOwnThread("push", failing: { .unreachable(node, reason: "\($0)") }) { [self] in
            Result { () throws(PeerError) in
                var link = try connect(to: node, for: .push)
                let opening = PeerMessage.open(
                    method: method,
                    payload: payload,
                    bytes: UInt64(source.bytes)
                )
                try tell(opening, over: &link)
                guard case .open = try hear(from: &link, within: answerLimit) else {
                    throw .malformed(node, reason: "no place for the object")
                }
                try sendObject(source, over: &link)
                guard case .end(let answer) = try hear(from: &link, within: answerLimit) else {
                    throw .malformed(node, reason: "no end of the object")
                }
                return answer
            }
        }
    }

    /// Serves one connection for one object; why it was refused, otherwise.
    func acceptObject(
        _ link: consuming TLSLink,
        _ theirs: PeerHello
    ) throws(TransportError) -> String? {
        do throws(PeerError) {
            guard
                case .open(let method, let payload, let bytes) = try hear(
                    from: &link,
                    within: stallLimit
                )
            else { throw .malformed(link.peerNode, reason: "it opened no object") }
            do throws(PeerRefusal) {
                if theirs.purpose == .fetch {
                    try serveFetch(method, payload, over: &link)
                } else {
                    try servePush(method, payload, Int(clamping: bytes), over: &link)
                }
            } catch {
                try tell(.refusal(id: 0, error), over: &link)
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func serveFetch(
        _ method: String,
        _ payload: [UInt8],
        over link: inout TLSLink
    ) throws(PeerRefusal) {
        let peer = link.peerNode
        guard let handler = handlers.withLock({ $0.fetches[method] }) else {
            throw PeerRefusal(code: -32601, message: "no object method '\(method)'")
        }
        let source = try waitForTask(failing: refusal) { () async throws(PeerRefusal) in
            try await handler(peer, payload)
        }
        defer { close(source.descriptor) }
        do throws(PeerError) {
            try tell(.open(method: method, payload: [], bytes: UInt64(source.bytes)), over: &link)
            try sendObject(source, over: &link)
        } catch {
            throw PeerRefusal(code: 100, message: "\(error)")
        }
    }

    private func servePush(
        _ method: String,
        _ payload: [UInt8],
        _ bytes: Int,
        over link: inout TLSLink
    ) throws(PeerRefusal) {
        let peer = link.peerNode
        guard let handler = handlers.withLock({ $0.pushes[method] }) else {
            throw PeerRefusal(code: -32601, message: "no object method '\(method)'")
        }
        let sink = try waitForTask(failing: refusal) { () async throws(PeerRefusal) in
            try await handler(peer, payload, bytes)
        }
        var failure: PeerError?
        do throws(PeerError) {
            try tell(.open(method: method, payload: [], bytes: 0), over: &link)
            try takeObject(of: bytes, from: &link, into: sink.descriptor)
        } catch {
            failure = error
        }
        let isWhole = failure == nil
        let answer = try waitForTask(failing: refusal) { () async throws(PeerRefusal) in
            try await sink.finish(isWhole)
        }
        if let failure { throw PeerRefusal(code: 100, message: "\(failure)") }
        // Whoever pushed sees a broken link if this does not arrive.
        try? tell(.end(payload: answer), over: &link)
    }

    private func tell(_ message: PeerMessage, over link: inout TLSLink) throws(PeerError) {
        do throws(TransportError) {
            try link.sendFrame(message.frame, until: .after(stallLimit))
        } catch {
            throw .unreachable(link.peerNode, reason: "\(error)")
        }
    }

    private func hear(
        from link: inout TLSLink,
        within limit: Duration
    ) throws(PeerError) -> PeerMessage {
        let answer: PeerMessage
        do throws(TransportError) {
            let frame = try link.receiveFrame(
                limit: PeerMessage.bytesMax,
                until: .after(limit)
            )
            answer = try message(frame, from: link.peer)
        } catch {
            throw .unreachable(link.peerNode, reason: "\(error)")
        }
        if case .refusal(_, let refusal) = answer { throw .refused(link.peerNode, refusal) }
        return answer
    }

    private func sendObject(
        _ source: ObjectSource,
        over link: inout TLSLink
    ) throws(PeerError) {
        var piece = [UInt8](repeating: 0, count: PeerMessage.pieceBytes)
        var offset = 0
        while offset < source.bytes {
            let wanted = min(piece.count, source.bytes - offset)
            let count = pread(source.descriptor, &piece, wanted, off_t(offset))
            if count < 0, errno == EINTR { continue }
            // A file that shrank on the way is an error of reading like any other.
            guard count > 0 else { throw .file(errno: count < 0 ? errno : EIO) }
            try tell(.data(Array(piece[..<count])), over: &link)
            offset += count
        }
    }

    private func takeObject(
        of bytes: Int,
        from link: inout TLSLink,
        into descriptor: Int32
    ) throws(PeerError) {
        var left = bytes
        while left > 0 {
            guard case .data(let piece) = try hear(from: &link, within: stallLimit),
                !piece.isEmpty, piece.count <= left
            else { throw .malformed(link.peerNode, reason: "no piece of the object") }
            try writeAll(piece, to: descriptor)
            left -= piece.count
        }
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(PeerError) {
    var written = 0
    while written < bytes.count {
        let rest = bytes.count - written
        let count = bytes.withUnsafeBytes { raw in
            write(descriptor, raw.baseAddress.map { $0 + written }, rest)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .file(errno: count < 0 ? errno : EIO) }
        written += count
    }
}

private func refusal(_ error: TransportError) -> PeerRefusal {
    PeerRefusal(code: 300, message: "\(error)")
}
