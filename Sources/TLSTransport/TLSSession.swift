import CTLS
import Domain
import Glibc
import Transport

/// Owns one `SSL *` with its socket, and everything that both point to.
///
/// Until `handshake` and `authenticate` have returned, nothing is known of the peer.
struct TLSSession: ~Copyable {
    /// Which end of the handshake this is.
    enum Side {
        case dialling
        case accepting
    }

    let ssl: OpaquePointer
    let socket: CipherSocket
    let context: TLSContext
    private let negotiation: Negotiation
    private let side: Side

    /// Takes over a connected socket, also when it throws.
    init(
        adopting descriptor: Int32,
        as side: Side,
        in context: TLSContext,
        over protocols: [ApplicationProtocol]
    ) throws(TransportError) {
        let socket = CipherSocket(adopting: descriptor)
        let negotiation = Negotiation(protocols)
        ERR_clear_error()
        guard let bio = BIO_new(context.socketMethod) else {
            throw .system(call: "BIO_new", errno: ENOMEM)
        }
        guard let ssl = SSL_new(context.handle) else {
            BIO_free(bio)
            throw .system(call: "SSL_new", errno: ENOMEM)
        }
        BIO_set_data(bio, Unmanaged.passUnretained(socket).toOpaque())
        BIO_set_init(bio, 1)
        SSL_set_bio(ssl, bio, bio)
        _ = distml_set_app_data(ssl, Unmanaged.passUnretained(negotiation).toOpaque())
        switch side {
        case .dialling:
            SSL_set_connect_state(ssl)
            SSL_set_purpose(ssl, X509_PURPOSE_SSL_SERVER)
            let wire = negotiation.wire
            _ = SSL_set_alpn_protos(ssl, wire.baseAddress, UInt32(wire.count))
        case .accepting:
            SSL_set_accept_state(ssl)
            SSL_set_purpose(ssl, X509_PURPOSE_SSL_CLIENT)
        }
        self.ssl = ssl
        self.socket = socket
        self.context = context
        self.negotiation = negotiation
        self.side = side
    }

    deinit {
        // The peer shall know that this end was meant, if the socket still takes a word.
        if SSL_is_init_finished(ssl) == 1, !hasFailed { SSL_shutdown(ssl) }
        _ = socket.push()
        SSL_free(ssl)
        ERR_clear_error()
    }

    /// Whether libssl met an error after which it must not be asked for a farewell.
    var hasFailed = false

    /// Runs the handshake to its end; `peer` is whom messages blame.
    mutating func handshake(until deadline: Deadline, peer: String) throws(TransportError) {
        while true {
            ERR_clear_error()
            let result = SSL_do_handshake(ssl)
            let error = result == 1 ? nil : failure(result, peer: peer)
            let pushed = socket.push()
            if let error { throw error }
            if result == 1, pushed == .done { return }
            guard pushed != .failed else { throw afterFailedPush(peer: peer) }
            let writing = pushed == .full ? POLLOUT : 0
            let reading = result == 1 ? 0 : POLLIN
            try waitUntilReady(
                socket.descriptor,
                for: Int32(reading | writing),
                until: deadline,
                peer: peer
            )
        }
    }

    /// Proves who the peer is and what is spoken; from then on it may send as much as it likes.
    mutating func authenticate(
        peer: String
    ) throws(TransportError) -> (PeerCertificate, ApplicationProtocol) {
        let certificate = try peerCertificate(of: ssl, in: context, peer: peer)
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        let text = UnsafeBufferPointer(start: name, count: Int(length))
        guard let spoken = ApplicationProtocol(rawValue: String(decoding: text, as: UTF8.self))
        else { throw .violation(peer: peer, reason: "it names no protocol; \(ours)") }
        socket.isAuthenticated = true
        return (certificate, spoken)
    }

    /// What went wrong in a call of libssl that returned `result`; nil if it only has to wait.
    mutating func failure(_ result: Int32, peer: String) -> TransportError? {
        let kind = SSL_get_error(ssl, result)
        if kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE { return nil }
        if kind == SSL_ERROR_ZERO_RETURN { return .closedByPeer(peer: peer) }
        hasFailed = true
        if socket.hasOverrun {
            let limit = CipherSocket.unauthenticatedBytesMax
            return .violation(
                peer: peer,
                reason: "it sent over \(limit) bytes before it proved who it is"
            )
        }
        if kind == SSL_ERROR_SSL { return libraryFailure(peer: peer) }
        switch socket.readError {
        case 0, ECONNRESET, EPIPE: return .closedByPeer(peer: peer)
        default: return .system(call: "recv from \(peer)", errno: socket.readError)
        }
    }

    /// Why the socket takes nothing more: the peer's last word, if it left one, says it best.
    mutating func afterFailedPush(peer: String) -> TransportError {
        var byte: UInt8 = 0
        ERR_clear_error()
        let result = SSL_peek(ssl, &byte, 1)
        if result <= 0, case .refusedByPeer(let peer, let alert) = failure(result, peer: peer) {
            return .refusedByPeer(peer: peer, alert: alert)
        }
        switch socket.writeError {
        case EPIPE, ECONNRESET: return .closedByPeer(peer: peer)
        default: return .system(call: "send to \(peer)", errno: socket.writeError)
        }
    }

    private func libraryFailure(peer: String) -> TransportError {
        // libssl's verdict is the last entry; what libcrypto had to say lies before it.
        let reason = ERR_GET_REASON(ERR_peek_last_error())
        switch reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            let result = SSL_get_verify_result(ssl)
            ERR_clear_error()
            return .untrusted(
                peer: peer,
                reason: String(cString: X509_verify_cert_error_string(result))
            )
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            ERR_clear_error()
            return .untrusted(peer: peer, reason: "it showed no certificate")
        case SSL_R_NO_APPLICATION_PROTOCOL:
            ERR_clear_error()
            let theirs = negotiation.offered.joined(separator: ", ")
            return .violation(peer: peer, reason: "it speaks \(theirs); \(ours)")
        case SSL_AD_REASON_OFFSET + 1...SSL_AD_REASON_OFFSET + 255:
            ERR_clear_error()
            return .refusedByPeer(peer: peer, alert: alertText(reason - SSL_AD_REASON_OFFSET))
        default:
            return .violation(peer: peer, reason: openSSLMessage())
        }
    }

    private func alertText(_ alert: Int32) -> String {
        let text = String(cString: SSL_alert_desc_string_long(alert))
        guard alert == SSL_AD_NO_APPLICATION_PROTOCOL else { return text }
        return "\(text); \(ours)"
    }

    private var ours: String {
        let names = Negotiation.names(in: UnsafeBufferPointer(negotiation.wire))
        return "this node speaks \(names.joined(separator: ", "))"
    }
}
