import Glibc

/// A link in the clear that never leaves this machine: the twin of the TLS link.
///
/// It is what tests and the plain column of benchmarks use; between hosts there is only TLS.
public struct MemoryLink: Link, ~Copyable {
    /// What to hand to `poll`.
    public let descriptor: Int32
    /// Whether the last `receive` ran dry.
    public private(set) var wantsRead = true
    /// Whether the last `send` was cut short.
    public private(set) var wantsWrite = false
    /// Who is at the other end, for messages.
    public let peer: String

    /// Takes over a connected stream socket, makes it non-blocking and closes it in the end.
    public init(adopting descriptor: Int32, peer: String = "memory") {
        self.descriptor = descriptor
        self.peer = peer
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Makes two connected sockets, each to be adopted by one link, on whichever thread owns it.
    public static func pair() throws(TransportError) -> (first: Int32, second: Int32) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .system(call: "socketpair", errno: errno)
        }
        return (ends[0], ends[1])
    }

    /// Always false: nothing is read before it is asked for.
    public var hasBufferedInput: Bool { false }

    /// Sends what the socket will take now.
    public mutating func send(_ bytes: RawSpan) throws(TransportError) -> Int {
        guard bytes.byteCount > 0 else { return 0 }
        let socket = descriptor
        let sent = bytes.withUnsafeBytes { raw in
            retryingInterrupts {
                Glibc.send(socket, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
            }
        }
        wantsWrite = sent.count < bytes.byteCount
        if sent.count >= 0 { return sent.count }
        return try nothing(or: sent.errno, call: "send")
    }

    /// Takes what has arrived.
    public mutating func receive(into bytes: inout MutableRawSpan) throws(TransportError) -> Int {
        guard bytes.byteCount > 0 else { return 0 }
        let socket = descriptor
        let got = bytes.withUnsafeMutableBytes { raw in
            retryingInterrupts { recv(socket, raw.baseAddress, raw.count, 0) }
        }
        wantsRead = got.count <= 0
        if got.count > 0 { return got.count }
        guard got.count < 0 else { throw .closedByPeer(peer: peer) }
        return try nothing(or: got.errno, call: "recv")
    }

    /// Always true: nothing is held back.
    public mutating func flush() throws(TransportError) -> Bool {
        wantsWrite = false
        return true
    }

    private func nothing(or errno: Int32, call: String) throws(TransportError) -> Int {
        switch errno {
        case EAGAIN: return 0
        case EPIPE, ECONNRESET: throw .closedByPeer(peer: peer)
        default: throw .system(call: call, errno: errno)
        }
    }
}

/// What a system call returned, and why if that was −1.
private func retryingInterrupts(_ call: () -> Int) -> (count: Int, errno: Int32) {
    while true {
        let count = call()
        if count >= 0 { return (count, 0) }
        if errno != EINTR { return (count, errno) }
    }
}
