import CTLS
import Foundation
import TLSTransport
import Transport

/// A peer that keeps to no rule of ours: plain libssl with whatever a test wants to be wrong.
///
/// It needs a thread of its own.
struct RawPeer: Sendable {
    /// Files of the certificate it shows; nil shows none.
    var files: TLSFiles?
    /// What it offers as ALPN: each protocol behind a byte of length; nil offers nothing.
    var protocols: [UInt8]? = Array("\u{0D}distml-ring/1".utf8)
    /// The only version it speaks.
    var version = TLS1_3_VERSION
    /// Whether it knows a pre-shared key.
    var hasPSK = false

    /// Dials `port`, shakes hands, reads until the end and says how that went.
    func dial(_ port: UInt16) -> String {
        let socket = connectBlocking(port)
        defer { close(socket) }
        return run(on: socket, SSL_connect)
    }

    /// Behaves as the accepting side of a connection.
    func serve(_ socket: AcceptedSocket) -> String {
        _ = fcntl(socket.descriptor, F_SETFL, 0)
        defer { close(socket.descriptor) }
        return run(on: socket.descriptor, SSL_accept)
    }

    /// Dials `port` and sends `message` in one piece with the last bytes of its handshake.
    ///
    /// Returns the socket, still open.
    func dialSpeaking(_ message: [UInt8], to port: UInt16) -> Int32 {
        let socket = connectBlocking(port)
        let context = makeContext()
        let ssl = SSL_new(context)
        let (input, output) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        defer {
            SSL_free(ssl)
            SSL_CTX_free(context)
        }
        SSL_set_bio(ssl, input, output)
        SSL_set_connect_state(ssl)
        var block = [UInt8](repeating: 0, count: 65_536)
        while SSL_do_handshake(ssl) != 1 {
            let count = BIO_read(output, &block, Int32(block.count))
            if count > 0 { send(socket, block, Int(count), 0) }
            let answer = recv(socket, &block, block.count, 0)
            precondition(answer > 0, "the listener hung up")
            BIO_write(input, block, Int32(answer))
        }
        SSL_write(ssl, message, Int32(message.count))
        let count = BIO_read(output, &block, Int32(block.count))
        send(socket, block, Int(count), 0)
        return socket
    }

    /// Dials `port` and asks for new keys `count` times without ever reading.
    ///
    /// Returns the socket, still open.
    func dialAskingForKeys(_ count: Int, to port: UInt16) -> Int32 {
        blockPipeSignal()
        let socket = connectBlocking(port)
        let context = makeContext()
        let ssl = SSL_new(context)
        defer {
            SSL_free(ssl)
            SSL_CTX_free(context)
        }
        SSL_set_fd(ssl, socket)
        guard SSL_connect(ssl) == 1 else { return socket }
        for _ in 0..<count {
            SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
            guard SSL_do_handshake(ssl) == 1 else { break }
        }
        return socket
    }

    private func run(on socket: Int32, _ handshake: (OpaquePointer?) -> Int32) -> String {
        blockPipeSignal()
        let context = makeContext()
        defer { SSL_CTX_free(context) }
        let ssl = SSL_new(context)
        defer { SSL_free(ssl) }
        SSL_set_fd(ssl, socket)
        ERR_clear_error()
        guard handshake(ssl) == 1 else { return "handshake: " + errorText() }
        var byte: UInt8 = 0
        while true {
            let count = SSL_read(ssl, &byte, 1)
            if count <= 0 { return "read: " + errorText() }
        }
    }

    private func makeContext() -> OpaquePointer? {
        let context = SSL_CTX_new(TLS_method())
        // Level 0 lets it use keys that nobody should.
        SSL_CTX_set_security_level(context, 0)
        _ = distml_ctx_set_min_version(context, version)
        _ = distml_ctx_set_max_version(context, version)
        if let files {
            SSL_CTX_use_certificate_chain_file(context, files.certificate)
            SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM)
        }
        if let protocols { SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) }
        SSL_CTX_set_alpn_select_cb(context, takeFirstProtocol, nil)
        if hasPSK { SSL_CTX_set_psk_client_callback(context, offerPSK) }
        return context
    }

    /// Plain libssl writes with `write`, and we hang up on it; the thread is its own.
    private func blockPipeSignal() {
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)
    }

    private func errorText() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        return ERR_reason_error_string(code).map { String(cString: $0) } ?? "closed"
    }
}

/// Connects to a port of loopback and blocks from then on; a receive gives up after a while.
func connectBlocking(_ port: UInt16) -> Int32 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = withLoopback(port) { connect(socket, $0, $1) }
    precondition(result == 0, "cannot connect to a listener of this process: \(errno)")
    return socket
}

private func withLoopback<Result>(
    _ port: UInt16,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    address.sin_port = port.bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

private func takeFirstProtocol(
    _: OpaquePointer?,
    _ out: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<UInt8>?,
    _ list: UnsafePointer<UInt8>?,
    _: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let list else { return SSL_TLSEXT_ERR_NOACK }
    out?.pointee = list + 1
    length?.pointee = list[0]
    return SSL_TLSEXT_ERR_OK
}

private func offerPSK(
    _: OpaquePointer?,
    _: UnsafePointer<CChar>?,
    _ identity: UnsafeMutablePointer<CChar>?,
    _: UInt32,
    _ key: UnsafeMutablePointer<UInt8>?,
    _: UInt32
) -> UInt32 {
    identity?.update(from: [CChar(0x61), 0], count: 2)
    key?.update(from: [UInt8](repeating: 7, count: 32), count: 32)
    return 32
}
