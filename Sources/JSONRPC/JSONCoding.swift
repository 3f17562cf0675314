import FoundationEssentials

/// The one way in which values become JSON and JSON becomes values.
///
/// Names are `camelCase` in Swift and `snake_case` in JSON; names come out sorted, so that equal
/// values are equal bytes. A number that is not finite is written as the text `nan`, `inf` or
/// `-inf`: JSON has none, and a diverged run must not break its own report.
public enum JSONCoding {
    /// The value as UTF-8 without a line end.
    public static func encode(_ value: some Encodable) throws(ProtocolError) -> [UInt8] {
        try bytes(of: value, formatting: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// The value as UTF-8 over several lines, for a person.
    public static func encodeIndented(_ value: some Encodable) throws(ProtocolError) -> [UInt8] {
        try bytes(of: value, formatting: [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted])
    }

    /// Reads a value from bytes that hold one JSON object and nothing else.
    /// - Throws: `.parse` where the bytes are no strict JSON, `.invalidParams` where it is another
    ///   value than expected, with the path to the first difference.
    public static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8]
    ) throws(ProtocolError) -> Value {
        _ = try StrictJSON(scanning: bytes)
        return try decodeScanned(type, from: bytes)
    }

    /// Reads a value from bytes that have been scanned before.
    static func decodeScanned<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8]
    ) throws(ProtocolError) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw .invalidParams(describe(error))
        } catch {
            throw .invalidParams("\(error)")
        }
    }

    private static func bytes(
        of value: some Encodable,
        formatting: JSONEncoder.OutputFormatting
    ) throws(ProtocolError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        encoder.outputFormatting = formatting
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw .unencodable("\(error)")
        }
    }
}

/// One line that names the place, in the words of the JSON.
private func describe(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey], _ last: (any CodingKey)? = nil) -> String {
        let keys = path + (last.map { [$0] } ?? [])
        let text = keys.map { key in
            key.intValue.map { "[\($0)]" } ?? ".\(snakeCase(key.stringValue))"
        }
        return "'\(text.joined().drop { $0 == "." })'"
    }
    switch error {
    case .keyNotFound(let key, let context):
        return "\(place(context.codingPath, key)) is missing"
    case .valueNotFound(_, let context):
        return "\(place(context.codingPath)) is missing"
    case .typeMismatch(let type, let context):
        return "\(place(context.codingPath)) is not \(noun(for: type))"
    case .dataCorrupted(let context):
        return "\(place(context.codingPath)): \(context.debugDescription)"
    @unknown default:
        return "\(error)"
    }
}

private func noun(for type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number that fits"
    case is any BinaryFloatingPoint.Type: "a number"
    case is any Collection.Type: "a list or an object"
    default: "what was expected here (\(type))"
    }
}

/// `camelCase` as `snake_case`.
func snakeCase(_ name: String) -> String {
    var text = ""
    for character in name {
        if character.isUppercase { text += "_" }
        text += character.lowercased()
    }
    return text
}
