/// Checks that bytes are one JSON object by the letter of RFC 8259, and no trap for a decoder.
///
/// Foundation's decoder takes a byte order mark, trailing commas and repeated names; two readers
/// of such a text may see different values. So every line is scanned once before it is decoded:
/// valid UTF-8, no byte order mark, nothing after the object, no name twice in one object, at most
/// `depthMax` levels, numbers and escapes as the grammar says.
struct StrictJSON {
    /// Levels of objects and arrays; ours need six.
    static let depthMax = 32

    private let bytes: [UInt8]
    private var position = 0
    /// Names of the outermost object.
    private(set) var names: Set<String> = []

    /// Scans `bytes` wholly.
    init(scanning bytes: [UInt8]) throws(ProtocolError) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw .parse("a byte order mark at the start")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .parse("not UTF-8") }
        skipSpace()
        if peek() == 0x5B { throw .invalidRequest("batches are not answered") }
        guard peek() == 0x7B else { throw .parse("an object was expected, at byte \(position)") }
        names = try object(depth: 1)
        skipSpace()
        guard position == bytes.count else {
            throw .parse("something after the object, at byte \(position)")
        }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    private func failure(_ what: String) -> ProtocolError {
        position < bytes.count
            ? .parse("\(what), at byte \(position)") : .parse("it ends too early")
    }

    private mutating func expect(_ byte: UInt8) throws(ProtocolError) {
        guard peek() == byte else {
            throw failure("'\(Character(UnicodeScalar(byte)))' was expected")
        }
        position += 1
    }

    private mutating func value(depth: Int) throws(ProtocolError) {
        skipSpace()
        switch peek() {
        case 0x7B: _ = try object(depth: depth)
        case 0x5B: try array(depth: depth)
        case 0x22: _ = try string()
        case 0x74: try word("true")
        case 0x66: try word("false")
        case 0x6E: try word("null")
        default: try number()
        }
    }

    private func checkDepth(_ depth: Int) throws(ProtocolError) {
        guard depth <= Self.depthMax else { throw .parse("deeper than \(Self.depthMax) levels") }
    }

    private mutating func object(depth: Int) throws(ProtocolError) -> Set<String> {
        try checkDepth(depth)
        var names: Set<String> = []
        try expect(0x7B)
        skipSpace()
        if peek() == 0x7D {
            position += 1
            return names
        }
        while true {
            skipSpace()
            let name = try string()
            guard names.insert(name).inserted else {
                throw .parse("a name twice in one object, before byte \(position)")
            }
            skipSpace()
            try expect(0x3A)
            try value(depth: depth + 1)
            skipSpace()
            if peek() == 0x7D { break }
            try expect(0x2C)
        }
        position += 1
        return names
    }

    private mutating func array(depth: Int) throws(ProtocolError) {
        try checkDepth(depth)
        try expect(0x5B)
        skipSpace()
        if peek() == 0x5D {
            position += 1
            return
        }
        while true {
            try value(depth: depth + 1)
            skipSpace()
            if peek() == 0x5D { break }
            try expect(0x2C)
        }
        position += 1
    }

    private mutating func word(_ word: StaticString) throws(ProtocolError) {
        let isThere = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard isThere else { throw failure("a value was expected") }
        position += word.utf8CodeUnitCount
    }

    private mutating func number() throws(ProtocolError) {
        if peek() == 0x2D { position += 1 }
        if peek() == 0x30 { position += 1 } else { try digits() }
        if peek() == 0x2E {
            position += 1
            try digits()
        }
        guard let byte = peek(), byte == 0x65 || byte == 0x45 else { return }
        position += 1
        if let sign = peek(), sign == 0x2B || sign == 0x2D { position += 1 }
        try digits()
    }

    private mutating func digits() throws(ProtocolError) {
        let start = position
        while let byte = peek(), (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw failure("a value was expected") }
    }

    /// The text of a string with its escapes resolved, so that no name hides behind an escape.
    private mutating func string() throws(ProtocolError) -> String {
        try expect(0x22)
        var text: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case 0x22: return String(decoding: text, as: UTF8.self)
            case 0x5C: text.append(contentsOf: try escape())
            case 0..<0x20:
                position -= 1
                throw failure("a control character inside a string")
            default: text.append(byte)
            }
        }
        throw failure("")
    }

    private mutating func escape() throws(ProtocolError) -> [UInt8] {
        guard let byte = peek() else { throw failure("") }
        position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: return [byte]
        case 0x62: return [0x08]
        case 0x66: return [0x0C]
        case 0x6E: return [0x0A]
        case 0x72: return [0x0D]
        case 0x74: return [0x09]
        case 0x75: return Array(String(try scalar()).utf8)
        default:
            position -= 1
            throw failure("an unknown escape")
        }
    }

    private mutating func scalar() throws(ProtocolError) -> Character {
        let high = try hexadecimal()
        var value = high
        if (0xD800..<0xDC00).contains(high) {
            try expect(0x5C)
            try expect(0x75)
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
            value = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = UnicodeScalar(value) else { throw failure("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(ProtocolError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits were expected")
            }
            value = value << 4 + UInt32(digit)
            position += 1
        }
        return value
    }
}
