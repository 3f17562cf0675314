/// Distinct texts, numbered in the order of their first appearance.
struct TextTable {
    private var arena: [UInt8] = []
    private var starts: [Int] = [0]
    /// One more than a text's number, 0 where free.
    ///
    /// A power of two of them, at most half in use.
    private var slots = [Int32](repeating: 0, count: 64)

    /// Number of distinct texts.
    var count: Int { starts.count - 1 }

    /// The text that bears `number`.
    subscript(number: Int) -> String {
        String(decoding: arena[starts[number]..<starts[number + 1]], as: UTF8.self)
    }

    /// All texts in the order of their numbers.
    var texts: [String] { (0..<count).map { self[$0] } }

    /// The number of the text `bytes[range]`, or minus the free slot's place less one.
    @inline(__always)
    func find(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash(bytes, range)) & mask
        while slots[place] != 0 {
            let number = Int(slots[place]) - 1
            if equals(number, bytes, range) { return number }
            place = (place + 1) & mask
        }
        return -place - 1
    }

    /// Gives the text `bytes[range]`, which is not there yet, the next number.
    mutating func insert(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        if 2 * (count + 1) > slots.count { grow() }
        let place = -find(bytes, range) - 1
        precondition(place >= 0, "a text was inserted twice")
        for i in range { arena.append(bytes[i]) }
        starts.append(arena.count)
        let number = count
        slots[place] = Int32(number)
        return number - 1
    }

    /// The number of `text`, new or old.
    mutating func number(of text: String) -> Int {
        let bytes = Array(text.utf8)
        let found = find(bytes.span, 0..<bytes.count)
        return found >= 0 ? found : insert(bytes.span, 0..<bytes.count)
    }

    @inline(__always)
    private func equals(_ number: Int, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let start = starts[number]
        guard starts[number + 1] - start == range.count else { return false }
        let (text, own) = (bytes.bytes, arena.span.bytes)
        var i = 0
        while i &+ 8 <= range.count {
            guard word(text, range.lowerBound &+ i) == word(own, start &+ i) else { return false }
            i &+= 8
        }
        while i < range.count {
            guard bytes[range.lowerBound &+ i] == arena[start &+ i] else { return false }
            i &+= 1
        }
        return true
    }

    private mutating func grow() {
        var larger = [Int32](repeating: 0, count: slots.count * 2)
        let mask = larger.count - 1
        for number in 0..<count {
            let text = starts[number]..<starts[number + 1]
            var place = Int(truncatingIfNeeded: hash(arena.span, text)) & mask
            while larger[place] != 0 { place = (place + 1) & mask }
            larger[place] = Int32(number + 1)
        }
        slots = larger
    }
}

/// Multiplies and mixes eight bytes at a time: the tables are small and bounded, so nobody gains
/// by collisions.
@inline(__always)
private func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: range.count)
    var i = range.lowerBound
    while i &+ 8 <= range.upperBound {
        hash = (hash ^ word(bytes.bytes, i)) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        i &+= 8
    }
    var rest: UInt64 = 0
    while i < range.upperBound {
        rest = rest << 8 | UInt64(bytes[i])
        i &+= 1
    }
    hash = (hash ^ rest) &* 0x9E37_79B9_7F4A_7C15
    return hash ^ (hash >> 29)
}

/// The eight bytes from `offset` on, which must be there.
@inline(__always)
private func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
    bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
}
