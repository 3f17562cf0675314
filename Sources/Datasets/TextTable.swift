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

    private func equals(_ number: Int, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let start = starts[number]
        guard starts[number + 1] - start == range.count else { return false }
        for i in 0..<range.count where arena[start + i] != bytes[range.lowerBound + i] {
            return false
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

/// FNV-1a with a last mix: the tables are small and bounded, so nobody gains by collisions.
@inline(__always)
private func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for i in range { hash = (hash ^ UInt64(bytes[i])) &* 0x100_0000_01B3 }
    return hash ^ (hash >> 29)
}
