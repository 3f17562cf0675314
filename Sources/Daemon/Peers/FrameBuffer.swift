import Transport

/// Cuts what a link delivers into frames.
struct FrameBuffer {
    /// Longest payload that is taken; a longer one is refused from its header alone.
    let limit: Int
    private var bytes: [UInt8] = []
    private var start = 0

    init(limit: Int) { self.limit = limit }

    mutating func append(_ new: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// The next whole frame; nil where more bytes are needed.
    mutating func next(from peer: String) throws(TransportError) -> Frame? {
        guard bytes.count - start >= Frame.headerBytes else { return nil }
        let length = bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else {
            throw .frameTooLong(peer: peer, bytes: length, limit: limit)
        }
        let end = start + Frame.headerBytes + length
        guard bytes.count >= end else { return nil }
        defer { start = end }
        let payload = Array(bytes[start + Frame.headerBytes..<end])
        return Frame(kind: bytes[start + 4], payload: payload)
    }
}

extension Frame {
    /// Header and payload, as they travel.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Frame.headerBytes + payload.count)
        let length = UInt32(payload.count)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> shift))
        }
        bytes.append(kind)
        bytes.append(contentsOf: payload)
        return bytes
    }
}
