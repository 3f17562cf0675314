internal import Transport
internal import Wire

/// Puts the frames of one collective onto the link to the next rank, as fast as it takes them.
///
/// The head of a frame is staged together with the first elements, so that a small collective is
/// one record and one system call; the rest of a segment goes out straight from the vector.
struct Outlet {
    /// One TLS record.
    private static let stagedBytesMax = 16_384

    /// Bytes of a frame, its heads included: whole records of 16 KiB, none of them short.
    private let frameBytesMax: Int

    private var header: CollectiveHeader?
    private var staged: [UInt8] = []
    private var stagedSent = 0
    private var body = 0..<0

    /// - Parameter frameBytesMax: a multiple of 8.
    init(frameBytesMax: Int) {
        self.frameBytesMax = frameBytesMax
        staged.reserveCapacity(Self.stagedBytesMax)
    }

    /// Whether all that was taken from the pipeline has been accepted by the link.
    var isEmpty: Bool { header == nil && stagedSent == staged.count && body.isEmpty }

    /// Begins a collective.
    mutating func begin(_ header: CollectiveHeader) { self.header = header }

    /// Sends what may leave and the link will take; returns the byte count.
    mutating func send<L: Link & ~Copyable>(
        _ pipeline: inout Pipeline,
        from memory: borrowing MutableRawSpan,
        over link: inout L
    ) throws(TransportError) -> Int {
        var total = 0
        while true {
            if isEmpty || header != nil { stage(&pipeline, from: memory) }
            let count: Int
            if stagedSent < staged.count {
                count = try link.send(staged.span.bytes.extracting(stagedSent..<staged.count))
                stagedSent += count
            } else if !body.isEmpty {
                count = try link.send(memory.bytes.extracting(body))
                body = body.lowerBound + count..<body.upperBound
            } else {
                return total
            }
            guard count > 0 else { return total }
            total += count
        }
    }

    /// The bytes that complete the frame that the next rank is in the middle of.
    ///
    /// The elements are no longer worth anything, but an abort frame must begin at a frame's end.
    mutating func abandon() -> [UInt8] {
        defer {
            header = nil
            staged = []
            stagedSent = 0
            body = 0..<0
        }
        return staged[stagedSent...] + [UInt8](repeating: 0, count: body.count)
    }

    private mutating func stage(_ pipeline: inout Pipeline, from memory: borrowing MutableRawSpan) {
        var writer = ByteWriter(capacity: Self.stagedBytesMax)
        if let header {
            RingFrame(kind: .collective, length: CollectiveHeader.encodedBytes)
                .encode(into: &writer)
            header.encode(into: &writer)
            self.header = nil
        }
        let room = frameBytesMax - writer.bytes.count - RingFrame.headBytes
        if let segment = pipeline.takeSegment(upTo: room) {
            RingFrame(kind: .segment, length: segment.count).encode(into: &writer)
            let count = min(segment.count, Self.stagedBytesMax - writer.bytes.count)
            let first = segment.lowerBound..<segment.lowerBound + count
            memory.bytes.extracting(first).withUnsafeBytes { writer.writeRaw($0) }
            body = first.upperBound..<segment.upperBound
        }
        staged = writer.bytes
        stagedSent = 0
    }
}
