import Glibc
import Transport

/// Where a peer listens: a host name or a numeric address, and a port.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an IPv4 or IPv6 address.
    public var host: String
    /// TCP port.
    public var port: UInt16

    /// An address of a peer.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `host:port`, with an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Connects to the first address of a host that answers; the caller owns the descriptor.
///
/// Numeric addresses need no name service. For names the resolver has its own time limits, which
/// no caller can shorten; the deadline counts again once it has answered.
func dial(
    _ address: PeerAddress,
    until deadline: Deadline
) throws(TransportError) -> (descriptor: Int32, address: String) {
    let found = try SocketAddress.resolve(address, passive: false)
    var failure = TransportError.unknownHost(host: address.host, reason: "it has no address")
    for (index, candidate) in found.enumerated() {
        // One dead address must not use up the time of those after it.
        let share = deadline.remaining / (found.count - index)
        do {
            let limit = Deadline.earlier(deadline, .after(share))
            let descriptor = try connect(to: candidate, until: limit, peer: "\(address)")
            return (descriptor, candidate.text)
        } catch {
            failure = error
        }
    }
    throw failure
}

private func connect(
    to address: SocketAddress,
    until deadline: Deadline,
    peer: String
) throws(TransportError) -> Int32 {
    let descriptor = try address.makeSocket()
    do {
        try connect(descriptor, to: address, until: deadline, peer: peer)
        return descriptor
    } catch {
        close(descriptor)
        throw error
    }
}

private func connect(
    _ descriptor: Int32,
    to address: SocketAddress,
    until deadline: Deadline,
    peer: String
) throws(TransportError) {
    if address.withSockAddr({ Glibc.connect(descriptor, $0, $1) }) == 0 { return }
    // An interrupted connect goes on in the background, just as one that would block.
    guard errno == EINPROGRESS || errno == EINTR else {
        throw .system(call: "connect to \(peer)", errno: errno)
    }
    try waitUntilReady(descriptor, for: Int32(POLLOUT), until: deadline, peer: peer)
    var result: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &result, &length) == 0 else {
        throw .system(call: "getsockopt", errno: errno)
    }
    guard result == 0 else { throw .system(call: "connect to \(peer)", errno: result) }
}
