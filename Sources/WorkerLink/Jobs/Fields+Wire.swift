internal import Domain
internal import Wire

/// Most descriptors that a job can have, beside that of the shared memory.
let descriptorsMax = 252

/// Longest text within a job: a field of a table at its limit, and then some.
let textBytesMax = 2 << 20

extension ByteWriter {
    mutating func write(texts: [String]) {
        writeArray(texts) { writer, text in writer.write(text) }
    }

    mutating func write(optionalText text: String?) {
        writeOptional(text) { writer, text in writer.write(text) }
    }

    mutating func write(optionalSize number: Int?) {
        writeOptional(number) { writer, number in writer.write(Int64(number)) }
    }
}

extension ByteReader {
    mutating func texts(
        _ what: StaticString,
        limit: Int = .max
    ) throws(WireError) -> [String] {
        try array(what, limit: limit, itemBytes: 4) { reader throws(WireError) in
            try reader.string(what, limit: textBytesMax)
        }
    }

    mutating func optionalText(_ what: StaticString) throws(WireError) -> String? {
        try optional(what) { reader throws(WireError) in
            try reader.string(what, limit: textBytesMax)
        }
    }

    /// A count or a size: not negative, and far from the end of what an Int holds.
    mutating func size(_ what: StaticString) throws(WireError) -> Int {
        let value: Int64 = try integer(what)
        guard (0...(1 << 56)).contains(value) else {
            throw .badValue(what: "\(what)", value: "\(value)")
        }
        return Int(value)
    }

    mutating func optionalSize(_ what: StaticString) throws(WireError) -> Int? {
        try optional(what) { reader throws(WireError) in try reader.size(what) }
    }

    mutating func sizes(_ what: StaticString) throws(WireError) -> [Int] {
        try array(what, limit: .max, itemBytes: 8) { reader throws(WireError) in
            try reader.size(what)
        }
    }

    /// A case by its raw text.
    mutating func word<Word: RawRepresentable<String>>(
        _ what: StaticString,
        of type: Word.Type
    ) throws(WireError) -> Word {
        let text = try string(what, limit: 64)
        guard let word = Word(rawValue: text) else {
            throw .badValue(what: "\(what)", value: printable(text))
        }
        return word
    }

    mutating func hash(_ what: StaticString) throws(WireError) -> ContentHash {
        ContentHash(bytes: try raw(what, count: 32))
    }
}
