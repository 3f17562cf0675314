/// What a look at some bytes as UTF-8 found.
struct UTF8Scan: Equatable {
    /// Where the first byte stands that no UTF-8 text has, or a NUL; nil where there is none.
    var invalid: Int?
    /// Where the character begins that the end of the bytes cuts off; else their count.
    var end: Int
}

/// Looks at `bytes[start...]` as UTF-8 without NUL.
///
/// Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
func scanUTF8(_ bytes: UnsafeRawBufferPointer, from start: Int) -> UTF8Scan {
    var i = start
    let count = bytes.count
    while i < count {
        if i + 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            if isPlain(word) {
                i += 8
                continue
            }
        }
        let byte = bytes[i]
        if byte != 0, byte < 0x80 {
            i += 1
            continue
        }
        guard let length = sequenceLength(byte) else { return UTF8Scan(invalid: i, end: i) }
        for k in 1..<length {
            guard i + k < count else { return UTF8Scan(invalid: nil, end: i) }
            let allowed = k == 1 ? secondByteRange(after: byte) : 0x80...0xBF
            guard allowed.contains(bytes[i + k]) else { return UTF8Scan(invalid: i, end: i) }
        }
        i += length
    }
    return UTF8Scan(invalid: nil, end: i)
}

/// Whether all eight bytes are ASCII and none is NUL.
@inline(__always)
private func isPlain(_ word: UInt64) -> Bool {
    let high: UInt64 = 0x8080_8080_8080_8080
    // With no high bit set, taking 1 from each byte borrows into the high bit only from a zero.
    return (word | (word &- 0x0101_0101_0101_0101)) & high == 0
}

private func sequenceLength(_ lead: UInt8) -> Int? {
    switch lead {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: nil
    }
}

private func secondByteRange(after lead: UInt8) -> ClosedRange<UInt8> {
    switch lead {
    case 0xE0: 0xA0...0xBF
    case 0xED: 0x80...0x9F
    case 0xF0: 0x90...0xBF
    case 0xF4: 0x80...0x8F
    default: 0x80...0xBF
    }
}
