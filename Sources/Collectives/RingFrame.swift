internal import Wire

/// What precedes everything on a ring link.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 4 | bytes that follow, a multiple of 8 for collective and abort |
/// | 4 | 1 | kind: 1 collective, 2 segment, 3 abort |
/// | 5 | 3 | 0 |
/// | 8 | length | `CollectiveHeader`; raw elements, little-endian; `AbortNotice` |
///
/// Towards the next rank travel all kinds, towards the previous rank abort only. Within one
/// collective comes one collective frame and then segments until the chunks are whole.
struct RingFrame: Equatable {
    enum Kind: UInt8 {
        case collective = 1
        case segment
        case abort
    }

    static let headBytes = 8
    /// Longer segments are never sent; what claims more is refused from its head alone.
    static let segmentBytesMax = 1 << 20

    let kind: Kind
    let length: Int

    init(kind: Kind, length: Int) {
        self.kind = kind
        self.length = length
    }

    func encode(into writer: inout ByteWriter) {
        writer.write(UInt32(length))
        writer.write(kind.rawValue)
        writer.writeRaw([0, 0, 0])
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let claimed: UInt32 = try reader.integer("frame length")
        let code: UInt8 = try reader.integer("frame kind")
        guard let kind = Kind(rawValue: code) else {
            throw .badValue(what: "frame kind", value: "\(code)")
        }
        let padding = try reader.raw("frame padding", count: 3)
        guard padding == [0, 0, 0] else {
            throw .badValue(what: "frame padding", value: "\(padding)")
        }
        self.kind = kind
        length = Int(claimed)
        guard kind.allowedLengths.contains(length) else {
            throw .tooLong(
                what: "\(kind) frame",
                count: UInt64(claimed),
                limit: kind.allowedLengths.upperBound
            )
        }
    }
}

extension RingFrame.Kind {
    fileprivate var allowedLengths: ClosedRange<Int> {
        switch self {
        case .collective: CollectiveHeader.encodedBytes...CollectiveHeader.encodedBytes
        case .segment: 1...RingFrame.segmentBytesMax
        case .abort: 1...AbortNotice.encodedBytesMax
        }
    }
}
