/// Writes plain values one after the other, little-endian and without padding.
///
/// | Value | Bytes |
/// |---|---|
/// | integer, `Float`, `Double` | its width, little-endian |
/// | `Bool` | one: 0 or 1 |
/// | text, byte string | UInt32 count of bytes, then the bytes |
/// | array | UInt32 count of items, then the items |
/// | optional | one, 0 or 1, then the value if 1 |
public struct ByteWriter {
    /// What has been written so far.
    public private(set) var bytes: [UInt8]

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Appends an integer in its own width.
    public mutating func write<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends the bits of a `Float`.
    public mutating func write(_ value: Float) { write(value.bitPattern) }

    /// Appends the bits of a `Double`.
    public mutating func write(_ value: Double) { write(value.bitPattern) }

    /// Appends 0 or 1.
    public mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Appends a text as UTF-8 behind its length.
    /// - Precondition: fewer than 2³² bytes.
    public mutating func write(_ text: String) {
        writeCount(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a byte string behind its length.
    /// - Precondition: fewer than 2³² bytes.
    public mutating func write(_ string: [UInt8]) {
        writeCount(string.count)
        bytes.append(contentsOf: string)
    }

    /// Appends the number of items and then each item as `body` writes it.
    /// - Precondition: fewer than 2³² items.
    public mutating func writeArray<Items: Collection>(
        _ items: Items,
        _ body: (inout ByteWriter, Items.Element) -> Void
    ) {
        writeCount(items.count)
        for item in items { body(&self, item) }
    }

    /// Appends whether there is a value, and the value as `body` writes it.
    public mutating func writeOptional<Value>(
        _ value: Value?,
        _ body: (inout ByteWriter, Value) -> Void
    ) {
        write(value != nil)
        if let value { body(&self, value) }
    }

    /// Appends bytes as they are, for a length the reader knows.
    public mutating func writeRaw(_ string: some Sequence<UInt8>) {
        bytes.append(contentsOf: string)
    }

    private mutating func writeCount(_ count: Int) {
        guard let short = UInt32(exactly: count) else {
            preconditionFailure("\(count) items do not fit a 32-bit count")
        }
        write(short)
    }
}
