internal import Glibc

/// Reads a decimal number at `position` and moves behind it; nil where there is none that a
/// `Float` can hold, and `position` stays.
///
/// Grammar: `[+-] digits [. digits] [(e|E) [+-] digits]` with at least one digit before the
/// exponent: `5.` and `.5` are numbers; hexadecimal, `inf`, `nan`, `1_000` and `1d3` are none.
/// The result is the `Float` nearest to the `Double` nearest to the text, as `strtod` would give;
/// magnitudes below 2⁻¹²⁶ become 0.
/// - Precondition: a byte that belongs to no number, such as a line end, follows within `bytes`.
///
/// Source: Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990, the fast case: a
/// whole number below 2⁵³ times or over an exact power of ten is rounded once. Figueroa, "When Is
/// Double Rounding Innocuous?", SIGNUM Newsletter 30(3), 1995: it is for one division of Floats.
@inline(__always)
func parseNumber(_ bytes: Span<UInt8>, at position: inout Int) -> Float? {
    // Most values of most files have up to 7 digits and no exponent. Digits and power of ten are
    // then exact as Float, and a Float division rounds as one in Double that is rounded again.
    var i = position
    var whole: Int32 = 0
    while true {
        let digit = bytes[i] &- 0x30
        guard digit <= 9, i &- position < 7 else { break }
        whole = whole &* 10 &+ Int32(digit)
        i &+= 1
    }
    guard i > position else { return parseDecimal(bytes, at: &position) }
    var fraction = 0
    if bytes[i] == 0x2E {
        let room = 7 &- (i &- position)
        i &+= 1
        while true {
            let digit = bytes[i] &- 0x30
            guard digit <= 9, fraction < room else { break }
            whole = whole &* 10 &+ Int32(digit)
            fraction &+= 1
            i &+= 1
        }
    }
    let next = bytes[i]
    if next &- 0x30 > 9, next != 0x2E, next | 0x20 != 0x65 {
        position = i
        return fraction == 0 ? Float(whole) : Float(whole) / Float(smallPowersOfTen[fraction])
    }
    return parseDecimal(bytes, at: &position)
}

/// Reads `[-] digits [. digits]` of at most 15 digits, as `parseNumber` does, and moves behind it.
///
/// It is nil for anything else, and `position` is lost then.
/// - Precondition: a byte that belongs to no number follows within the `count` bytes of `text`.
@inline(__always)
func parsePlainNumber(
    _ text: UnsafePointer<UInt8>,
    _ count: Int,
    at position: inout Int
) -> Float? {
    let isNegative = text[position] == 0x2D
    if isNegative { position &+= 1 }
    let start = position
    var whole = UInt64(text[position] &- 0x30)
    guard whole <= 9 else { return nil }
    position &+= 1
    while true {
        let digit = text[position] &- 0x30
        guard digit <= 9 else { break }
        whole = whole &* 10 &+ UInt64(digit)
        position &+= 1
    }
    var digits = position &- start
    var fraction = 0
    if text[position] == 0x2E {
        position &+= 1
        let point = position
        while position &+ 8 <= count, let eight = eightDigits(text + position) {
            whole = whole &* 100_000_000 &+ eight
            position &+= 8
        }
        while true {
            let digit = text[position] &- 0x30
            guard digit <= 9 else { break }
            whole = whole &* 10 &+ UInt64(digit)
            position &+= 1
        }
        fraction = position &- point
        digits &+= fraction
    }
    guard digits <= 15 else { return nil }
    let magnitude =
        digits <= 7
        ? Float(Int32(truncatingIfNeeded: whole)) / Float(smallPowersOfTen[fraction])
        : Float(Double(Int64(bitPattern: whole)) / powersOfTen[fraction])
    return isNegative ? -magnitude : magnitude
}

/// The value of eight digits; nil where the eight bytes are not all digits.
///
/// Pairs, then fours, then eights are put together in the lanes of one word (little-endian).
@inline(__always)
private func eightDigits(_ text: UnsafePointer<UInt8>) -> UInt64? {
    let bytes = UnsafeRawPointer(text).loadUnaligned(as: UInt64.self)
    var word = bytes &- 0x3030_3030_3030_3030
    let isOther = word | (word &+ 0x7676_7676_7676_7676) | bytes
    guard isOther & 0x8080_8080_8080_8080 == 0 else { return nil }
    word = word &* 10 &+ (word >> 8)
    let low = (word & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let high = ((word >> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return (low &+ high) >> 32
}

/// Reads any number.
@inline(never)
private func parseDecimal(_ bytes: Span<UInt8>, at position: inout Int) -> Float? {
    var i = position
    let isNegative = bytes[i] == 0x2D
    if isNegative || bytes[i] == 0x2B { i &+= 1 }
    var mantissa: UInt64 = 0
    var exponent = 0
    let integerStart = i
    while true {
        let digit = bytes[i] &- 0x30
        guard digit <= 9 else { break }
        if mantissa < mantissaFull {
            mantissa = mantissa &* 10 &+ UInt64(digit)
        } else {
            exponent &+= 1
        }
        i &+= 1
    }
    var digits = i &- integerStart
    if bytes[i] == 0x2E {
        i &+= 1
        let fractionStart = i
        while true {
            let digit = bytes[i] &- 0x30
            guard digit <= 9 else { break }
            if mantissa < mantissaFull {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                exponent &-= 1
            }
            i &+= 1
        }
        digits &+= i &- fractionStart
    }
    guard digits > 0 else { return nil }
    if bytes[i] | 0x20 == 0x65 {
        i &+= 1
        guard let written = parseExponent(bytes, at: &i) else { return nil }
        exponent &+= written
    }
    guard let magnitude = magnitude(mantissa, exponent, bytes, position..<i) else { return nil }
    position = i
    return isNegative ? -magnitude : magnitude
}

/// The digits of an exponent with their sign; nil where there are none.
private func parseExponent(_ bytes: Span<UInt8>, at position: inout Int) -> Int? {
    var i = position
    let isNegative = bytes[i] == 0x2D
    if isNegative || bytes[i] == 0x2B { i &+= 1 }
    let start = i
    var value = 0
    while true {
        let digit = bytes[i] &- 0x30
        guard digit <= 9 else { break }
        // Beyond any exponent that matters; the cap keeps a mile of digits from overflowing.
        if value < 100_000_000 { value = value &* 10 &+ Int(digit) }
        i &+= 1
    }
    guard i > start else { return nil }
    position = i
    return isNegative ? -value : value
}

/// mantissa · 10^exponent as a `Float`; nil where that overflows.
@inline(__always)
private func magnitude(
    _ mantissa: UInt64,
    _ exponent: Int,
    _ bytes: Span<UInt8>,
    _ token: Range<Int>
) -> Float? {
    guard mantissa != 0 else { return 0 }
    guard exponent >= -22, exponent <= 22 else { return slowMagnitude(bytes, token) }
    var double = Double(mantissa)
    let power = powersOfTen[exponent < 0 ? -exponent : exponent]
    double = exponent < 0 ? double / power : double * power
    if mantissa >= mantissaExact {
        // Up to 19 digits: two roundings and perhaps a cut tail leave less than 4 units in the
        // last place. They cannot change the Float unless it is about half-way between two.
        let tail = Int(double.bitPattern & 0x1FFF_FFFF)
        if abs(tail &- 0x1000_0000) <= 8 { return slowMagnitude(bytes, token) }
    }
    let float = Float(double)
    return float.isInfinite ? nil : float
}

@inline(never)
private func slowMagnitude(_ bytes: Span<UInt8>, _ token: Range<Int>) -> Float? {
    var text: [CChar] = []
    text.reserveCapacity(token.count + 1)
    for i in token { text.append(CChar(bitPattern: bytes[i])) }
    text.append(0)
    let float = Float(abs(strtod(text, nil)))
    guard !float.isInfinite else { return nil }
    return float < Float.leastNormalMagnitude ? 0 : float
}

/// 10⁰ … 10⁷, all exact as `Float`.
private let smallPowersOfTen: [Int32] = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000,
]

/// From here on another digit could overflow 64 bits.
private let mantissaFull: UInt64 = 1_000_000_000_000_000_000
/// Below it every whole number is a `Double`.
private let mantissaExact: UInt64 = 1 << 53

/// 10⁰ … 10²², all exact as `Double`.
private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

/// Says why `text`, which stands where a number should, is none that is taken.
func numberProblem(_ text: String) -> (code: DatasetError.Code, reason: String) {
    let shown = "'\(shortened(text))'"
    var bare = text.lowercased()
    if bare.hasPrefix("+") || bare.hasPrefix("-") { bare.removeFirst() }
    if bare.hasPrefix("nan") || ["inf", "infinity"].contains(bare) {
        return (.notFinite, "\(shown) is not a finite number")
    }
    if bare.hasPrefix("0x") { return (.badNumber, "\(shown) is hexadecimal, not decimal") }
    let padded = Array((text + "\n").utf8)
    var position = 0
    if skipDecimal(padded.span, at: &position), position == padded.count - 1 {
        return (.outOfRange, "\(shown) is beyond the range of 32-bit floating point")
    }
    if bare.first?.isNumber == true, bare.contains(",") {
        return (.badNumber, "\(shown) has a decimal comma; write a point")
    }
    return (.badNumber, "\(shown) is not a number")
}

/// Whether the grammar of `parseNumber` is met, whatever the magnitude; moves behind it.
private func skipDecimal(_ bytes: Span<UInt8>, at position: inout Int) -> Bool {
    var i = position
    if bytes[i] == 0x2D || bytes[i] == 0x2B { i += 1 }
    var digits = 0
    var points = 0
    while bytes[i] &- 0x30 <= 9 || bytes[i] == 0x2E && points == 0 {
        if bytes[i] == 0x2E { points += 1 } else { digits += 1 }
        i += 1
    }
    guard digits > 0 else { return false }
    if bytes[i] | 0x20 == 0x65 {
        i += 1
        guard parseExponent(bytes, at: &i) != nil else { return false }
    }
    position = i
    return true
}

/// At most 40 characters of `text`, printable, for a message.
func shortened(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(40) {
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return text.unicodeScalars.count > 40 ? result + "…" : result
}
