import JSONRPC
import Testing

@Suite("Cutting a byte stream into lines")
struct LineBufferTests {
    @Test("Lines come out the same however the bytes arrive", arguments: [1, 2, 3, 7, 100])
    func anyCut(size: Int) throws {
        let bytes = Array("{\"a\":1}\n\r\n\n{\"b\":2}\r\n{\"c\":\"ü\"}\n".utf8)
        var buffer = LineBuffer()
        var lines: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            buffer.append(bytes[start..<min(start + size, bytes.count)])
            while let line = try buffer.next() {
                lines.append(String(decoding: line, as: UTF8.self))
            }
        }
        #expect(lines == ["{\"a\":1}", "{\"b\":2}", "{\"c\":\"ü\"}"])
        try buffer.finish()
    }

    @Test("A line of exactly the limit passes, one byte more does not", arguments: ["\n", "\r\n"])
    func limit(end: String) throws {
        var buffer = LineBuffer(limit: 4)
        buffer.append(Array("abcd\(end)abcde\(end)".utf8))
        #expect(try buffer.next() == Array("abcd".utf8))
        #expect(throws: LineBuffer.Failure.tooLong(limit: 4)) { try buffer.next() }
    }

    @Test("A line without end is refused before memory fills")
    func endless() throws {
        var buffer = LineBuffer(limit: 4)
        buffer.append(Array("abcdef".utf8))
        #expect(throws: LineBuffer.Failure.tooLong(limit: 4)) { try buffer.next() }
    }

    @Test("A stream that ends inside a line says so")
    func truncated() throws {
        var buffer = LineBuffer()
        buffer.append(Array("{}\n{\"a".utf8))
        #expect(try buffer.next() == Array("{}".utf8))
        #expect(try buffer.next() == nil)
        #expect(buffer.isInsideLine)
        #expect(throws: LineBuffer.Failure.truncated(bytes: 3)) { try buffer.finish() }
    }
}
