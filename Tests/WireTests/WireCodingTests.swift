import Testing
import Wire

/// One of everything that a coded value may hold.
private struct Sample: Codable, Equatable {
    enum Word: String, Codable { case one, two }
    enum Choice: Codable, Equatable {
        case plain
        case loaded(left: Double, right: Int8)
    }

    struct Inner: Codable, Equatable { var numbers: [[Float]] }

    var flag = true
    var small: Int8 = -128
    var large = UInt64.max
    var negative = Int.min
    var double = -Double.infinity
    var float = Float.leastNonzeroMagnitude
    var text = "grün \u{0}"
    var word = Word.two
    var choices = [Choice.plain, .loaded(left: 0.1, right: 3)]
    var absent: Int?
    var present: String? = "here"
    var inner: Inner? = Inner(numbers: [[1, 2], [], [-0.0]])
    var named = ["a": 1, "b": 2]
}

@Suite("Codable values on the wire")
struct WireCodingTests {
    private func bytes(_ sample: Sample = Sample()) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(coding: sample)
        return writer.bytes
    }

    private func read(_ bytes: [UInt8]) throws(WireError) -> Sample {
        var reader = ByteReader(bytes)
        let sample = try reader.decode(Sample.self, "sample")
        try reader.finish()
        return sample
    }

    @Test("What is written is read back, and the same value gives the same bytes")
    func roundTrip() throws {
        #expect(try read(bytes()) == Sample())
        #expect(bytes() == bytes())
        var other = Sample()
        other.absent = 5
        other.inner = nil
        #expect(try read(bytes(other)) == other)
    }

    @Test("A number that does not fit its type is refused, not cut")
    func tooLarge() {
        struct Wide: Codable { var small = 300 }
        struct Narrow: Codable { var small: Int8 }
        var writer = ByteWriter()
        writer.write(coding: Wide())
        var reader = ByteReader(writer.bytes)
        #expect(throws: WireError.self) { try reader.decode(Narrow.self, "narrow") }
    }

    @Test("Bytes that end early, or have any one changed, never trap")
    func hostile() {
        let original = bytes()
        for length in 0..<original.count {
            #expect(throws: WireError.self) { try read(Array(original[..<length])) }
        }
        for index in original.indices {
            for value: UInt8 in [0, 1, 8, 9, 0x7F, 0xFF] {
                var changed = original
                changed[index] = value
                _ = try? read(changed)
            }
        }
    }

    @Test("Lists in lists beyond the limit are refused")
    func deep() {
        var reader = ByteReader(nested(100))
        #expect(throws: WireError.self) { try reader.decode([Int].self, "deep") }
    }

    /// Lists of one list each.
    private func nested(_ depth: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<depth { bytes += [8, 1, 0, 0, 0] }
        return bytes + [0]
    }
}
