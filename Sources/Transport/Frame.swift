/// One length-prefixed message on a link.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 4 | length of the payload, little-endian |
/// | 4 | 1 | kind |
/// | 5 | length | payload |
public struct Frame: Equatable, Sendable {
    /// Bytes before the payload.
    public static let headerBytes = 5

    /// What the payload is; the protocol on the link gives it its meaning.
    public var kind: UInt8
    /// The message itself.
    public var payload: [UInt8]

    /// A frame to send.
    public init(kind: UInt8, payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }
}

extension Link where Self: ~Copyable {
    /// Sends one frame; blocks.
    /// - Precondition: the payload has fewer than 2³² bytes.
    public mutating func sendFrame(
        _ frame: Frame,
        until deadline: Deadline
    ) throws(TransportError) {
        precondition(frame.payload.count <= UInt32.max, "a frame holds less than 4 GiB")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Frame.headerBytes + frame.payload.count)
        let length = UInt32(frame.payload.count)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> shift))
        }
        bytes.append(frame.kind)
        bytes.append(contentsOf: frame.payload)
        try sendAll(bytes.span.bytes, until: deadline)
    }

    /// Receives one frame of at most `limit` bytes of payload; blocks.
    ///
    /// A longer one is refused from its header alone, before any memory is set aside.
    public mutating func receiveFrame(
        limit: Int,
        until deadline: Deadline
    ) throws(TransportError) -> Frame {
        let header = try receiveBytes(Frame.headerBytes, until: deadline)
        let length = header[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else {
            throw .frameTooLong(peer: peer, bytes: length, limit: limit)
        }
        return Frame(kind: header[4], payload: try receiveBytes(length, until: deadline))
    }
}
