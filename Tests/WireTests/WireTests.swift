import Testing
import Wire

@Suite("Bytes on the wire")
struct WireTests {
    @Test("What is written is read back")
    func roundTrip() throws {
        var writer = ByteWriter()
        writer.write(UInt8(7))
        writer.write(Int64.min)
        writer.write(Float.pi)
        writer.write(-Double.infinity)
        writer.write(true)
        writer.write("grün")
        writer.write([1, 2, 3] as [UInt8])
        writer.writeArray([10, 20] as [UInt16]) { $0.write($1) }
        writer.writeOptional("x") { $0.write($1) }
        writer.writeOptional(nil as Int32?) { $0.write($1) }
        writer.writeRaw([9, 9])

        var reader = ByteReader(writer.bytes)
        #expect(try reader.integer("a", as: UInt8.self) == 7)
        #expect(try reader.integer("b", as: Int64.self) == .min)
        #expect(try reader.float("c") == .pi)
        #expect(try reader.double("d") == -.infinity)
        #expect(try reader.bool("e"))
        #expect(try reader.string("f", limit: 5) == "grün")
        #expect(try reader.bytes("g", limit: 3) == [1, 2, 3])
        let numbers = try reader.array("h", limit: 2, itemBytes: 2) {
            (item: inout ByteReader) throws(WireError) in
            try item.integer("item", as: UInt16.self)
        }
        #expect(numbers == [10, 20])
        let text = try reader.optional("i") { (value: inout ByteReader) throws(WireError) in
            try value.string("text", limit: 1)
        }
        #expect(text == "x")
        let nothing = try reader.optional("j") { (value: inout ByteReader) throws(WireError) in
            try value.integer("number", as: Int32.self)
        }
        #expect(nothing == nil)
        #expect(try reader.raw("k", count: 2) == [9, 9])
        try reader.finish()
    }

    @Test("Numbers lie little-endian and unpadded")
    func layout() {
        var writer = ByteWriter()
        writer.write(UInt8(1))
        writer.write(UInt32(0x0A0B_0C0D))
        writer.write("é")
        #expect(writer.bytes == [1, 0x0D, 0x0C, 0x0B, 0x0A, 2, 0, 0, 0, 0xC3, 0xA9])
    }

    @Test("Bytes that end early name the field and where it began")
    func truncated() {
        var reader = ByteReader([1, 2, 3, 4, 5])
        #expect(throws: Never.self) { try reader.integer("first", as: UInt32.self) }
        #expect(throws: WireError.truncated(what: "second", offset: 4)) {
            try reader.integer("second", as: UInt16.self)
        }
        #expect(throws: WireError.truncated(what: "third", offset: 4)) {
            try reader.raw("third", count: 2)
        }
    }

    @Test("A count beyond the limit or the bytes present is refused", arguments: [5, UInt32.max])
    func tooLong(count: UInt32) {
        var writer = ByteWriter()
        writer.write(count)
        writer.writeRaw([0, 0, 0, 0])
        var limited = ByteReader(writer.bytes)
        #expect(throws: WireError.tooLong(what: "items", count: UInt64(count), limit: 4)) {
            try limited.bytes("items", limit: 4)
        }
        var unlimited = ByteReader(writer.bytes)
        #expect(throws: WireError.truncated(what: "items", offset: 0)) {
            try unlimited.count("items", limit: .max)
        }
        var wide = ByteReader([2, 0, 0, 0, 0, 0, 0, 0])
        #expect(throws: WireError.truncated(what: "wide", offset: 0)) {
            try wide.count("wide", limit: 2, itemBytes: 3)
        }
    }

    @Test("A text that is not UTF-8 is refused")
    func notUTF8() {
        var reader = ByteReader([1, 0, 0, 0, 0xFF])
        #expect(throws: WireError.notUTF8(what: "name")) { try reader.string("name", limit: 9) }
    }

    @Test("A truth value other than 0 and 1 is refused")
    func badValue() {
        var reader = ByteReader([2])
        #expect(throws: WireError.badValue(what: "flag", value: "2")) { try reader.bool("flag") }
    }

    @Test("Bytes behind the end are refused")
    func trailing() {
        #expect(throws: WireError.trailing(count: 1)) { try ByteReader([0]).finish() }
    }

    @Test("No input makes the reader trap", arguments: 0..<200)
    func hostile(seed: Int) {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<Int.random(in: 0..<64, using: &generator)).map { _ in
            UInt8.random(in: 0...3, using: &generator)
        }
        var reader = ByteReader(bytes)
        while (try? reader.string("a", limit: 8)) != nil || (try? reader.bool("b")) != nil {}
        #expect(reader.offset <= bytes.count)
    }
}
