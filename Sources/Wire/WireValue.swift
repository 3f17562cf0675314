/// A value as a tree, between a `Codable` type and its bytes.
///
/// | Tag | Value |
/// |---|---|
/// | 0 | nothing |
/// | 1, 2 | false, true |
/// | 3 | Int64 |
/// | 4 | UInt64 above the largest Int64 |
/// | 5 | Double, its bits |
/// | 6 | Float, its bits |
/// | 7 | text |
/// | 8 | UInt32 count, then the items |
/// | 9 | UInt32 count, then for each a text and its value |
indirect enum WireValue: Equatable {
    case nothing
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(UInt64)
    case float(UInt32)
    case text(String)
    case list([WireValue])
    case object([String: WireValue])

    /// Depth at most; what we write has a quarter of it.
    private static let depthMax = 32

    func write(to writer: inout ByteWriter) {
        switch self {
        case .nothing: writer.write(UInt8(0))
        case .bool(let value): writer.write(UInt8(value ? 2 : 1))
        case .int(let value):
            writer.write(UInt8(3))
            writer.write(value)
        case .uint(let value):
            writer.write(UInt8(4))
            writer.write(value)
        case .double(let bits):
            writer.write(UInt8(5))
            writer.write(bits)
        case .float(let bits):
            writer.write(UInt8(6))
            writer.write(bits)
        case .text(let text):
            writer.write(UInt8(7))
            writer.write(text)
        case .list(let items):
            writer.write(UInt8(8))
            writer.writeArray(items) { writer, item in item.write(to: &writer) }
        case .object(let fields):
            writer.write(UInt8(9))
            // In the order of their names, so that the same value gives the same bytes.
            writer.writeArray(fields.sorted { $0.key < $1.key }) { writer, field in
                writer.write(field.key)
                field.value.write(to: &writer)
            }
        }
    }

    init(from reader: inout ByteReader, depth: Int = 0) throws(WireError) {
        guard depth < WireValue.depthMax else { throw .badValue(what: "depth", value: "\(depth)") }
        switch try reader.integer("tag", as: UInt8.self) {
        case 0: self = .nothing
        case 1: self = .bool(false)
        case 2: self = .bool(true)
        case 3: self = .int(try reader.integer("number"))
        case 4: self = .uint(try reader.integer("number"))
        case 5: self = .double(try reader.integer("number"))
        case 6: self = .float(try reader.integer("number"))
        case 7: self = .text(try reader.string("text", limit: reader.remaining))
        case 8:
            self = .list(
                try reader.array("items", limit: reader.remaining) { reader throws(WireError) in
                    try WireValue(from: &reader, depth: depth + 1)
                }
            )
        case 9:
            let fields = try reader.array("fields", limit: reader.remaining, itemBytes: 5) {
                reader throws(WireError) in
                let name = try reader.string("field", limit: 256)
                return (name, try WireValue(from: &reader, depth: depth + 1))
            }
            var object: [String: WireValue] = [:]
            for (name, value) in fields where object.updateValue(value, forKey: name) != nil {
                throw .badValue(what: "field", value: "\(name), twice")
            }
            self = .object(object)
        case let tag: throw .badValue(what: "tag", value: "\(tag)")
        }
    }
}

extension ByteWriter {
    /// Appends a value in the form that its `Codable` conformance gives it.
    ///
    /// - Precondition: its conformance fails for no value, as synthesized ones do.
    public mutating func write(coding value: some Encodable) {
        let encoder = WireEncoder()
        do { try value.encode(to: encoder) } catch {
            preconditionFailure("\(type(of: value)) cannot be written: \(error)")
        }
        encoder.value.write(to: &self)
    }
}

extension ByteReader {
    /// Reads what `write(coding:)` wrote.
    public mutating func decode<Value: Decodable>(
        _ type: Value.Type,
        _ what: StaticString
    ) throws(WireError) -> Value {
        let tree = try WireValue(from: &self)
        do { return try Value(from: WireDecoder(tree)) } catch {
            throw .badValue(what: "\(what)", value: "\(error)")
        }
    }
}
