internal import Wire

/// What the elements of a shared range are; the raw value is the one on the wire.
public enum SharedElement: UInt8, Sendable, CaseIterable {
    /// A byte of state that nobody adds.
    case byte = 1
    /// `Float`.
    case float32
    /// `Double`.
    case float64
    /// `Int32`.
    case int32
    /// `Int64`.
    case int64

    /// Bytes of one element, to which a range of them is aligned.
    public var byteCount: Int {
        switch self {
        case .byte: 1
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }
}

/// A range of elements that lies within one shared memory: `SharedMemory.range` has proved it.
public struct SharedRange: Equatable, Sendable {
    /// Bytes before its first element.
    public let byteOffset: Int
    /// Number of elements.
    public let count: Int
    /// What they are.
    public let element: SharedElement

    /// Bytes from the first element to the end of the last.
    public var byteCount: Int { count * element.byteCount }

    init(checkedOffset byteOffset: Int, count: Int, element: SharedElement) {
        self.byteOffset = byteOffset
        self.count = count
        self.element = element
    }
}

/// A range as the other side names it, not proved yet.
struct ClaimedRange: Equatable {
    static let byteCount = 17

    var byteOffset: UInt64
    var count: UInt64
    var element: SharedElement

    init(_ range: SharedRange) {
        byteOffset = UInt64(range.byteOffset)
        count = UInt64(range.count)
        element = range.element
    }

    init(from reader: inout ByteReader) throws(WireError) {
        byteOffset = try reader.integer("offset of the range")
        count = try reader.integer("count of the range")
        let raw: UInt8 = try reader.integer("element of the range")
        guard let element = SharedElement(rawValue: raw) else {
            throw .badValue(what: "element of the range", value: "\(raw)")
        }
        self.element = element
    }

    func write(to writer: inout ByteWriter) {
        writer.write(byteOffset)
        writer.write(count)
        writer.write(element.rawValue)
    }
}
