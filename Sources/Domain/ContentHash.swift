/// A SHA-256 digest as identity of contents; written as 64 hexadecimal digits.
public struct ContentHash: Hashable, Comparable, Codable, Sendable, CustomStringConvertible,
    LosslessStringConvertible
{
    /// The 32 bytes of the digest.
    public let bytes: [UInt8]

    /// Wraps a digest.
    /// - Precondition: `bytes.count == 32`.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "a SHA-256 digest has 32 bytes, not \(bytes.count)")
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits in lower case.
    public init?(_ description: String) {
        let digits = Array(description.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for i in stride(from: 0, to: 64, by: 2) {
            guard let high = nibble(digits[i]), let low = nibble(digits[i + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first twelve digits, enough for a person.
    public var short: String { String(description.prefix(12)) }

    /// Order of the bytes.
    public static func < (left: ContentHash, right: ContentHash) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// Decodes 64 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let hash = ContentHash(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not 64 hexadecimal digits"
            )
        }
        self = hash
    }

    /// Encodes 64 hexadecimal digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
}
