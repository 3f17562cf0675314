/// Turns a `WireValue` into a `Decodable` value, without Foundation.
struct WireDecoder: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    fileprivate let value: WireValue

    init(_ value: WireValue) { self.value = value }

    func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let fields) = value else { throw wrong("fields") }
        return KeyedDecodingContainer(Keyed<Key>(fields: fields))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let items) = value else { throw wrong("a list") }
        return Unkeyed(items: items)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(value: value) }

    private func wrong(_ what: String) -> DecodingError {
        DecodingError.dataCorrupted(
            DecodingError.Context(codingPath: [], debugDescription: "not \(what)")
        )
    }
}

private func mismatch(_ what: Any.Type) -> DecodingError {
    DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: [], debugDescription: "not a value of \(what)")
    )
}

/// Reads one value, plain ones straight from the tree.
private func decode<Value: Decodable>(_ type: Value.Type, from value: WireValue) throws -> Value {
    let plain: Any?
    switch (type, value) {
    case (is Double.Type, .double(let bits)): plain = Double(bitPattern: bits)
    case (is Float.Type, .float(let bits)): plain = Float(bitPattern: bits)
    case (is String.Type, .text(let text)): plain = text
    case (is Bool.Type, .bool(let flag)): plain = flag
    case (let type as any FixedWidthInteger.Type, .int(let number)):
        plain = integer(type, from: number)
    case (let type as any FixedWidthInteger.Type, .uint(let number)):
        plain = integer(type, from: number)
    case (is Double.Type, _), (is Float.Type, _), (is String.Type, _), (is Bool.Type, _),
        (is any FixedWidthInteger.Type, _):
        plain = nil
    default: return try Value(from: WireDecoder(value))
    }
    guard let result = plain as? Value else { throw mismatch(type) }
    return result
}

private func integer<Number: FixedWidthInteger>(
    _ type: Number.Type,
    from value: some BinaryInteger
) -> Any? { Number(exactly: value) }

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let fields: [String: WireValue]
    let codingPath: [any CodingKey] = []

    var allKeys: [Key] { fields.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { fields[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try value(key) == .nothing }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try WireFields.read(type, from: value(key))
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try WireDecoder(value(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try WireDecoder(value(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { WireDecoder(fields["super"] ?? .nothing) }
    func superDecoder(forKey key: Key) throws -> any Decoder { WireDecoder(try value(key)) }

    private func value(_ key: Key) throws -> WireValue {
        guard let value = fields[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key,
                DecodingError.Context(codingPath: [], debugDescription: "no \(key.stringValue)")
            )
        }
        return value
    }
}

/// Lets containers, whose own methods are called `decode`, reach the function.
private enum WireFields {
    static func read<Value: Decodable>(
        _ type: Value.Type,
        from value: WireValue
    ) throws -> Value { try decode(type, from: value) }
}

private struct Unkeyed: UnkeyedDecodingContainer {
    let items: [WireValue]
    let codingPath: [any CodingKey] = []
    private(set) var currentIndex = 0

    init(items: [WireValue]) { self.items = items }

    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    mutating func decodeNil() throws -> Bool {
        guard currentIndex < items.count, items[currentIndex] == .nothing else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try WireFields.read(type, from: next())
    }

    mutating func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try WireDecoder(next()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try WireDecoder(next()).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { WireDecoder(try next()) }

    private mutating func next() throws -> WireValue {
        guard currentIndex < items.count else { throw mismatch(WireValue.self) }
        defer { currentIndex += 1 }
        return items[currentIndex]
    }
}

private struct Single: SingleValueDecodingContainer {
    let value: WireValue
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool { value == .nothing }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try WireFields.read(type, from: value)
    }
}
