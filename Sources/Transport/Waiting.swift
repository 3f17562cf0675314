import Glibc

/// Sleeps in `poll` until `descriptor` is ready for `events`.
/// - Throws: `.timedOut` naming `peer` when the deadline comes first.
public func waitUntilReady(
    _ descriptor: Int32,
    for events: Int32,
    until deadline: Deadline,
    peer: String
) throws(TransportError) {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    while true {
        let ready = poll(&entry, 1, deadline.pollMilliseconds)
        if ready > 0 { return }
        if ready < 0, errno != EINTR { throw .system(call: "poll", errno: errno) }
        if deadline.hasPassed { throw .timedOut(peer: peer, limit: deadline.limit) }
    }
}

extension Link where Self: ~Copyable {
    /// Sends all of `bytes` and sees them off to the socket; blocks.
    /// - Throws: `.timedOut` when the peer has not taken everything by the deadline.
    public mutating func sendAll(
        _ bytes: RawSpan,
        until deadline: Deadline
    ) throws(TransportError) {
        var sent = 0
        while sent < bytes.byteCount {
            let count = try send(bytes.extracting(sent..<bytes.byteCount))
            sent += count
            if count == 0 { try wait(for: POLLOUT, until: deadline) }
        }
        while try !flush() { try wait(for: POLLOUT, until: deadline) }
    }

    /// Fills all of `bytes`; blocks.
    /// - Throws: `.timedOut` when not everything has come by the deadline.
    public mutating func receiveExactly(
        into bytes: inout MutableRawSpan,
        until deadline: Deadline
    ) throws(TransportError) {
        var received = 0
        while received < bytes.byteCount {
            var rest = bytes._mutatingExtracting(received..<bytes.byteCount)
            let count = try receive(into: &rest)
            received += count
            if count == 0, !hasBufferedInput { try wait(for: POLLIN, until: deadline) }
        }
    }

    /// Receives exactly `count` bytes; blocks.
    public mutating func receiveBytes(
        _ count: Int,
        until deadline: Deadline
    ) throws(TransportError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var elements = bytes.mutableSpan
        var raw = elements.mutableBytes
        try receiveExactly(into: &raw, until: deadline)
        return bytes
    }

    private mutating func wait(
        for events: Int32,
        until deadline: Deadline
    ) throws(TransportError) {
        // Bytes of ours that are stuck must be able to leave while we wait for the answer to them.
        let all = try flush() ? events : events | POLLOUT
        try waitUntilReady(descriptor, for: all, until: deadline, peer: peer)
    }
}
