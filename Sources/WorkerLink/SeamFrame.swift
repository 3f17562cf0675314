/// One message on the socket between daemon and worker.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 4 | length of the payload, little-endian |
/// | 4 | 1 | kind |
/// | 5 | length | payload |
struct SeamFrame: Equatable {
    static let headerBytes = 5

    var kind: UInt8
    var payload: [UInt8]

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(SeamFrame.headerBytes + payload.count)
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(kind)
        bytes.append(contentsOf: payload)
        return bytes
    }
}

/// Bytes that have arrived, cut into frames.
///
/// It grows with what arrives, never with what is announced.
struct FrameBuffer {
    private var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ received: UnsafeRawBufferPointer) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= keptBytes)
            start = 0
        }
        bytes.append(contentsOf: received)
    }

    /// The next whole frame, nil while it has not arrived; `limit` says what a kind may hold.
    mutating func next(
        limit: (UInt8) throws(WorkerError) -> Int
    ) throws(WorkerError) -> SeamFrame? {
        guard bytes.count - start >= SeamFrame.headerBytes else { return nil }
        let length = (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
        let kind = bytes[start + 4]
        let most = try limit(kind)
        guard length <= most else {
            throw .messageTooLong(kind: kind, bytes: length, limit: most)
        }
        let body = start + SeamFrame.headerBytes
        guard bytes.count - body >= length else {
            compact()
            return nil
        }
        start = body + length
        return SeamFrame(kind: kind, payload: Array(bytes[body..<start]))
    }

    private mutating func compact() {
        guard start > keptBytes else { return }
        bytes.removeSubrange(..<start)
        start = 0
    }
}

private let keptBytes = 256 << 10
