/// Writes messages in the wire format of Protocol Buffers: fields as key and value, one by one.
///
/// A key is the field's number, shifted left by three bits, and its wire type: 0 for a varint,
/// 2 for bytes with their length, 5 for four bytes. A varint has seven bits a byte, the lowest
/// first, and the top bit set in all bytes but the last.
///
/// Source: "Protocol Buffers, Encoding", protobuf.dev/programming-guides/encoding.
struct ProtobufWriter {
    /// What has been written.
    private(set) var bytes: [UInt8] = []

    /// A whole number; a negative one takes ten bytes, as its type int64 has it.
    mutating func write(_ field: Int, _ value: Int) {
        writeKey(field, wireType: 0)
        writeVarint(UInt64(bitPattern: Int64(value)))
    }

    /// A text.
    mutating func write(_ field: Int, _ text: String) { write(field, Array(text.utf8)) }

    /// Bytes, or a message of its own.
    mutating func write(_ field: Int, _ value: [UInt8]) {
        writeKey(field, wireType: 2)
        writeVarint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// A message of its own.
    mutating func write(_ field: Int, _ fill: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        fill(&inner)
        write(field, inner.bytes)
    }

    /// A number of four bytes.
    mutating func write(_ field: Int, _ value: Float) {
        writeKey(field, wireType: 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Whole numbers in one field.
    mutating func write(_ field: Int, packed values: [Int]) {
        write(field) { inner in
            for value in values { inner.writeVarint(UInt64(bitPattern: Int64(value))) }
        }
    }

    private mutating func writeKey(_ field: Int, wireType: UInt64) {
        precondition((1..<1 << 29).contains(field), "there is no field number \(field)")
        writeVarint(UInt64(field) << 3 | wireType)
    }

    private mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
