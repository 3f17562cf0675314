import Glibc
public import Transport

/// A connection that nobody has looked at yet; hand it to `TLSLink.accept` or `refuse` it.
public struct AcceptedSocket: Sendable {
    /// The connected socket.
    public let descriptor: Int32
    /// Who connected, `host:port`.
    public let address: String
    /// The same without the port, by which connections are counted.
    public let host: String

    /// Closes the connection without a word.
    public func refuse() { close(descriptor) }
}

/// The port on which peers call.
public struct TLSListener: ~Copyable {
    /// What to hand to `poll`, for reading.
    public let descriptor: Int32
    /// The port; the system's choice where 0 was asked for.
    public let port: UInt16

    /// Listens on an address: a numeric one, a host's name, `0.0.0.0`, or `::` for IPv4 as well.
    public init(on address: PeerAddress, backlog: Int32 = 128) throws(TransportError) {
        let found = try SocketAddress.resolve(address, passive: true)
        guard let first = found.first else {
            throw .unknownHost(host: address.host, reason: "it has no address")
        }
        let socket = try first.makeSocket()
        do {
            port = try listen(socket, on: first, backlog: backlog, name: "\(address)")
            descriptor = socket
        } catch {
            close(socket)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Takes the next caller; nil if there is none now.
    ///
    /// - Throws: `.system` with `EMFILE` and the like; the caller of this shall rest a while.
    public func accept() throws(TransportError) -> AcceptedSocket? {
        while true {
            var socket: Int32 = -1
            let listener = descriptor
            let peer = SocketAddress { address, length in
                socket = Glibc.accept(listener, address, length)
                return socket
            }
            if let peer {
                // Links make their sockets non-blocking; programs that we start get a list of
                // descriptors, so this one cannot leak in between.
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                return AcceptedSocket(descriptor: socket, address: peer.text, host: peer.host)
            }
            switch errno {
            case EAGAIN: return nil
            // The caller was gone before we came; look for the next.
            case EINTR, ECONNABORTED, EPROTO: continue
            default: throw .system(call: "accept", errno: errno)
            }
        }
    }
}

private func listen(
    _ socket: Int32,
    on address: SocketAddress,
    backlog: Int32,
    name: String
) throws(TransportError) -> UInt16 {
    var on: Int32 = 1
    var off: Int32 = 0
    let length = socklen_t(MemoryLayout<Int32>.size)
    // A restarted daemon gets its port back while old connections linger.
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, length)
    if address.isIPv6 { setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, length) }
    guard address.withSockAddr({ bind(socket, $0, $1) }) == 0 else {
        throw .system(call: "bind to \(name)", errno: errno)
    }
    guard Glibc.listen(socket, backlog) == 0 else {
        throw .system(call: "listen on \(name)", errno: errno)
    }
    guard let bound = SocketAddress({ getsockname(socket, $0, $1) }) else {
        throw .system(call: "getsockname", errno: errno)
    }
    return bound.port
}
