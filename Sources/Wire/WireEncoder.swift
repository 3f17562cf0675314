/// Turns an `Encodable` value into a `WireValue`, without Foundation.
final class WireEncoder: Encoder {
    private enum Content {
        case nothing
        case single(WireValue)
        case list([WireEncoder])
        case object([(String, WireEncoder)])
    }

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var content = Content.nothing

    /// What has been encoded so far.
    var value: WireValue {
        switch content {
        case .nothing: .nothing
        case .single(let value): value
        case .list(let items): .list(items.map(\.value))
        case .object(let fields):
            .object(Dictionary(fields.map { ($0.0, $0.1.value) }) { _, last in last })
        }
    }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .nothing = content { content = .object([]) }
        return KeyedEncodingContainer(Keyed<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .nothing = content { content = .list([]) }
        return Unkeyed(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    fileprivate func field(_ name: String) -> WireEncoder {
        let child = WireEncoder()
        if case .object(var fields) = content {
            content = .nothing
            fields.append((name, child))
            content = .object(fields)
        }
        return child
    }

    fileprivate func item() -> WireEncoder {
        let child = WireEncoder()
        if case .list(var items) = content {
            content = .nothing
            items.append(child)
            content = .list(items)
        }
        return child
    }

    fileprivate var count: Int {
        if case .list(let items) = content { items.count } else { 0 }
    }

    fileprivate func set(_ value: WireValue) { content = .single(value) }

    fileprivate func encode(_ value: some Encodable) throws {
        switch value {
        case let value as Double: set(.double(value.bitPattern))
        case let value as Float: set(.float(value.bitPattern))
        case let value as String: set(.text(value))
        case let value as Bool: set(.bool(value))
        case let value as any BinaryInteger & Encodable: set(number(value))
        default: try value.encode(to: self)
        }
    }

    private func number(_ value: any BinaryInteger) -> WireValue {
        if let small = Int64(exactly: value) { return .int(small) }
        return .uint(UInt64(truncatingIfNeeded: value))
    }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: WireEncoder
    let codingPath: [any CodingKey] = []

    func encodeNil(forKey key: Key) { _ = encoder.field(key.stringValue) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        try encoder.field(key.stringValue).encode(value)
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        encoder.field(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.field(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { encoder.field("super") }
    func superEncoder(forKey key: Key) -> any Encoder { encoder.field(key.stringValue) }
}

private struct Unkeyed: UnkeyedEncodingContainer {
    let encoder: WireEncoder
    let codingPath: [any CodingKey] = []

    var count: Int { encoder.count }

    func encodeNil() { _ = encoder.item() }
    func encode(_ value: some Encodable) throws { try encoder.item().encode(value) }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { encoder.item().container(keyedBy: type) }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        encoder.item().unkeyedContainer()
    }

    func superEncoder() -> any Encoder { encoder.item() }
}

private struct Single: SingleValueEncodingContainer {
    let encoder: WireEncoder
    let codingPath: [any CodingKey] = []

    func encodeNil() { encoder.set(.nothing) }
    func encode(_ value: some Encodable) throws { try encoder.encode(value) }
}
