import Testing

@testable import ModelFormats

@Suite("Protocol Buffers on the wire")
struct ProtobufTests {
    @Test("The published examples come out byte by byte")
    func published() {
        var number = ProtobufWriter()
        number.write(1, 150)
        #expect(number.bytes == [0x08, 0x96, 0x01])
        var text = ProtobufWriter()
        text.write(2, "testing")
        #expect(text.bytes == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
        var nested = ProtobufWriter()
        nested.write(3) { $0.write(1, 150) }
        #expect(nested.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
        var packed = ProtobufWriter()
        packed.write(6, packed: [3, 270, 86_942])
        #expect(packed.bytes == [0x32, 0x06, 0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05])
        var negative = ProtobufWriter()
        negative.write(1, -2)
        let ones = [UInt8](repeating: 0xFF, count: 8)
        #expect(negative.bytes == [0x08, 0xFE] + ones + [0x01])
        var real = ProtobufWriter()
        real.write(2, Float(1))
        #expect(real.bytes == [0x15, 0, 0, 0x80, 0x3F])
    }

    @Test("What is written is read back by another reader", arguments: [0, 1, 127, 128, 1 << 40])
    func roundTrip(value: Int) throws {
        var writer = ProtobufWriter()
        writer.write(15, value)
        writer.write(16, [1, 2, 3])
        let fields = try #require(NaiveMessage(writer.bytes))
        #expect(fields.numbers(15) == [value])
        #expect(fields.bytes(16) == [[1, 2, 3]])
    }
}
