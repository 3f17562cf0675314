/// Reads what `ByteWriter` wrote, from bytes that may be hostile.
///
/// Nothing here traps on any input, and nothing allocates more than the bytes present justify.
/// `what` names the field for the error.
public struct ByteReader {
    private let bytes: [UInt8]

    /// Where the next value begins.
    public private(set) var offset = 0

    /// A reader at the start of `bytes`.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Bytes not read yet.
    public var remaining: Int { bytes.count - offset }

    /// Reads an integer in its own width.
    public mutating func integer<T: FixedWidthInteger>(
        _ what: StaticString,
        as type: T.Type = T.self
    ) throws(WireError) -> T {
        let width = MemoryLayout<T>.size
        try require(width, what)
        var value: T = 0
        withUnsafeMutableBytes(of: &value) { target in
            bytes.withUnsafeBytes { source in
                target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[offset...].prefix(width))
                )
            }
        }
        offset += width
        return T(littleEndian: value)
    }

    /// Reads the bits of a `Float`, whatever number they are.
    public mutating func float(_ what: StaticString) throws(WireError) -> Float {
        Float(bitPattern: try integer(what))
    }

    /// Reads the bits of a `Double`, whatever number they are.
    public mutating func double(_ what: StaticString) throws(WireError) -> Double {
        Double(bitPattern: try integer(what))
    }

    /// Reads 0 or 1.
    public mutating func bool(_ what: StaticString) throws(WireError) -> Bool {
        let value: UInt8 = try integer(what)
        guard value <= 1 else { throw .badValue(what: "\(what)", value: "\(value)") }
        return value == 1
    }

    /// Reads a text of at most `limit` bytes.
    public mutating func string(_ what: StaticString, limit: Int) throws(WireError) -> String {
        let raw = try bytes(what, limit: limit)
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw .notUTF8(what: "\(what)")
        }
        return text
    }

    /// Reads a byte string of at most `limit` bytes.
    public mutating func bytes(_ what: StaticString, limit: Int) throws(WireError) -> [UInt8] {
        try raw(what, count: try count(what, limit: limit))
    }

    /// Reads exactly `count` bytes that carry no length of their own.
    public mutating func raw(_ what: StaticString, count: Int) throws(WireError) -> [UInt8] {
        try require(count, what)
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// Reads a number of items of at least `itemBytes` bytes each.
    ///
    /// It is at most `limit`, and small enough for that many items to be among the bytes left, so
    /// the caller may reserve room for them.
    public mutating func count(
        _ what: StaticString,
        limit: Int,
        itemBytes: Int = 1
    ) throws(WireError) -> Int {
        let start = offset
        let count = Int(try integer(what, as: UInt32.self))
        guard count <= limit else {
            throw .tooLong(what: "\(what)", count: UInt64(count), limit: limit)
        }
        guard count <= remaining / max(1, itemBytes) else {
            throw .truncated(what: "\(what)", offset: start)
        }
        return count
    }

    /// Reads a number of items and then each item as `body` reads it.
    public mutating func array<Item>(
        _ what: StaticString,
        limit: Int,
        itemBytes: Int = 1,
        _ body: (inout ByteReader) throws(WireError) -> Item
    ) throws(WireError) -> [Item] {
        let count = try count(what, limit: limit, itemBytes: itemBytes)
        var items: [Item] = []
        for _ in 0..<count { items.append(try body(&self)) }
        return items
    }

    /// Reads whether there is a value, and the value as `body` reads it.
    public mutating func optional<Value>(
        _ what: StaticString,
        _ body: (inout ByteReader) throws(WireError) -> Value
    ) throws(WireError) -> Value? {
        guard try bool(what) else { return nil }
        return try body(&self)
    }

    /// Checks that nothing is left over.
    public func finish() throws(WireError) {
        guard remaining == 0 else { throw .trailing(count: remaining) }
    }

    private func require(_ count: Int, _ what: StaticString) throws(WireError) {
        guard count >= 0, count <= remaining else {
            throw .truncated(what: "\(what)", offset: offset)
        }
    }
}
