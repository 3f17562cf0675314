import CTLS
public import Domain
import Glibc
public import Transport

/// A link over TLS 1.3 to a node that has proved who it is.
///
/// What is sent leaves in records of 16 KiB, the first at once, then up to eight per system call;
/// input is taken by the 128 KiB as well. Keys are renewed by volume and time.
public struct TLSLink: Link, ~Copyable {
    /// The node at the other end.
    public let peerNode: NodeID
    /// What its certificate says.
    public let peerCertificate: CertificateFacts
    /// What is spoken on this link.
    public let applicationProtocol: ApplicationProtocol
    /// The address at the other end, such as `10.0.0.2:7400`.
    public let address: String
    /// When the first of both certificates expires, seconds since 1970.
    ///
    /// TLS itself never looks at it again.
    public let certificatesEnd: Int64
    /// How often this end has taken a new key.
    public private(set) var keyUpdates = 0

    /// Whether the last `receive` ran dry.
    public private(set) var wantsRead: Bool
    /// Whether the last `send` was cut short, or accepted bytes have yet to leave.
    public private(set) var wantsWrite = false

    private var session: TLSSession
    private var keyAge: KeyAge
    private let clock: @Sendable () -> Int64
    private var pendingError: TransportError?
    /// Whether `send` has been called since the last `flush`: its first record has left already.
    private var isInBurst = false

    init(
        _ session: consuming TLSSession,
        with peer: (certificate: PeerCertificate, spoken: ApplicationProtocol),
        at address: String,
        options: LinkOptions
    ) {
        peerNode = peer.certificate.node
        peerCertificate = peer.certificate.facts
        applicationProtocol = peer.spoken
        self.address = address
        certificatesEnd = min(
            peer.certificate.facts.notAfter,
            session.context.certificate.notAfter
        )
        clock = options.clock
        keyAge = KeyAge(limits: options.keyLimits, now: options.clock())
        // The peer's first message may have come in one piece with the end of its handshake.
        wantsRead = !session.socket.hasInput && SSL_pending(session.ssl) == 0
        self.session = session
    }

    /// What to hand to `poll`.
    public var descriptor: Int32 { session.socket.descriptor }

    /// Who is at the other end, for messages.
    public var peer: String { peerNode.text }

    /// Whether decrypted or encrypted input lies here already.
    public var hasBufferedInput: Bool {
        if pendingError != nil { return true }
        return !wantsRead && (SSL_pending(session.ssl) > 0 || session.socket.hasInput)
    }

    /// Encrypts what the socket will take soon and sends it off.
    public mutating func send(_ bytes: RawSpan) throws(TransportError) -> Int {
        guard bytes.byteCount > 0 else { return 0 }
        if let error = pendingError, session.hasFailed { throw error }
        guard try push() else { return 0 }
        try renewKeyIfOver()
        var accepted = 0
        while accepted < bytes.byteCount {
            if !session.socket.hasRoom, try !push() { break }
            let count = try write(bytes, from: accepted)
            if count == 0 { break }
            // The peer can decrypt the first record while we encrypt the others.
            if accepted == 0, !isInBurst { _ = try push() }
            accepted += count
        }
        keyAge.add(accepted)
        let isClear = try push()
        isInBurst = true
        wantsWrite = !isClear || accepted < bytes.byteCount
        return accepted
    }

    /// Takes and decrypts what has arrived.
    public mutating func receive(into bytes: inout MutableRawSpan) throws(TransportError) -> Int {
        if let error = pendingError { throw error }
        var received = 0
        while received < bytes.byteCount {
            let count = read(into: &bytes, from: received)
            received += count
            if count > 0 { continue }
            wantsRead = true
            // Answers of libssl itself, to a peer that asks for new keys, leave here.
            if session.socket.hasOutput { _ = try push() }
            if let pendingError, received == 0 { throw pendingError }
            return received
        }
        wantsRead = false
        return received
    }

    /// Pushes accepted bytes on to the socket and ends a burst; true when none are left behind.
    public mutating func flush() throws(TransportError) -> Bool {
        isInBurst = false
        return try push()
    }

    private mutating func push() throws(TransportError) -> Bool {
        let result = session.socket.push()
        guard result != .failed else {
            // Looking for the peer's last word may have uncovered input.
            wantsRead = false
            throw session.afterFailedPush(peer: peer)
        }
        wantsWrite = result == .full
        return result == .done
    }

    /// 32 bytes that only both ends of this very link know, bound to `label` and `context`.
    ///
    /// Source: RFC 8446, section 7.5.
    public func exporter(label: String, context: [UInt8]) -> [UInt8] {
        var secret = [UInt8](repeating: 0, count: 32)
        let result = SSL_export_keying_material(
            session.ssl,
            &secret,
            secret.count,
            label,
            label.utf8.count,
            context,
            context.count,
            1
        )
        precondition(result == 1, "a finished handshake has an exporter")
        return secret
    }

    /// The cipher suite in force, such as `TLS_AES_128_GCM_SHA256`.
    public var cipherSuite: String {
        SSL_CIPHER_get_name(SSL_get_current_cipher(session.ssl)).map { String(cString: $0) } ?? ""
    }

    private mutating func renewKeyIfOver() throws(TransportError) {
        let now = clock()
        guard keyAge.isOver(at: now) else { return }
        ERR_clear_error()
        guard SSL_key_update(session.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 else {
            throw .violation(peer: peer, reason: "no new key: \(openSSLMessage())")
        }
        keyAge.renew(at: now)
        keyUpdates += 1
    }

    /// Encrypts one record and returns how many bytes it took, 0 if libssl has to wait.
    private mutating func write(_ bytes: RawSpan, from start: Int) throws(TransportError) -> Int {
        let ssl = session.ssl
        ERR_clear_error()
        let (result, count) = bytes.withUnsafeBytes { raw -> (Int32, Int) in
            let record = raw[start...].prefix(16_384)
            var written = 0
            let result = SSL_write_ex(
                ssl,
                UnsafeRawBufferPointer(rebasing: record).baseAddress,
                record.count,
                &written
            )
            return (result, written)
        }
        if result == 1 { return count }
        if let error = session.failure(result, peer: peer) { throw error }
        return 0
    }

    /// Decrypts at most one record; 0 if there is none now, or never, which `pendingError` says.
    private mutating func read(into bytes: inout MutableRawSpan, from start: Int) -> Int {
        let ssl = session.ssl
        ERR_clear_error()
        let (result, count) = bytes.withUnsafeMutableBytes { raw -> (Int32, Int) in
            let rest = UnsafeMutableRawBufferPointer(rebasing: raw[start...])
            var received = 0
            let result = SSL_read_ex(ssl, rest.baseAddress, rest.count, &received)
            return (result, received)
        }
        if result == 1 { return count }
        // What came before the end is delivered first; the error waits for the next call.
        pendingError = session.failure(result, peer: peer)
        if pendingError == nil, SSL_want(ssl) == SSL_WRITING {
            pendingError = .violation(
                peer: peer,
                reason: "it asks for new keys and takes no answer"
            )
        }
        return 0
    }
}
