import Testing

@testable import Datasets

@Suite("Text is checked to be UTF-8")
struct UTF8ScanTests {
    @Test("It agrees with the standard library on random bytes")
    func random() {
        var random = TestRandom(3)
        let pieces: [[UInt8]] = [
            Array("plain ascii text".utf8), Array("é".utf8), Array("€".utf8), Array("😀".utf8),
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82],
        ]
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                bytes += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            let scan = bytes.withUnsafeBytes { scanUTF8($0, from: 0) }
            let isValid = scan.invalid == nil && scan.end == bytes.count
            #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }

    @Test("A NUL is found wherever it stands", arguments: 0..<20)
    func zero(place: Int) {
        var bytes = [UInt8](repeating: 0x41, count: 20)
        bytes[place] = 0
        #expect(bytes.withUnsafeBytes { scanUTF8($0, from: 0) }.invalid == place)
    }

    @Test("A character that the end cuts off is no error yet")
    func cut() {
        let bytes: [UInt8] = [0x41, 0xE2, 0x82]
        #expect(
            bytes.withUnsafeBytes { scanUTF8($0, from: 0) } == UTF8Scan(invalid: nil, end: 1)
        )
    }
}
