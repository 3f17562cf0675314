/// Normal numbers from a seed, with the same bits on every machine.
///
/// Nothing but what IEEE 754 rounds alike everywhere: no library's logarithm.
/// Source: Marsaglia & Bray, "A convenient method for generating normal variables", SIAM Review 6,
/// 1964.
struct GaussianNumbers {
    private var generator: SeededGenerator
    private var spare: Double?

    init(_ generator: SeededGenerator) { self.generator = generator }

    /// The next number in 0 ..< 1.
    mutating func uniform() -> Double { Double(generator.next() >> 11) * 0x1p-53 }

    /// The next number with mean 0 and variance 1.
    mutating func next() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            let factor = (-2 * logarithm(square) / square).squareRoot()
            spare = y * factor
            return x * factor
        }
    }
}

/// ln x for 0 < x < ∞, to some units in the last place.
///
/// x = m·2ᵉ with m about 1; ln m = 2·artanh((m − 1)/(m + 1)), whose series gains 15 bits in three
/// terms for m within √½ … √2.
func logarithm(_ x: Double) -> Double {
    var (mantissa, exponent) = (x.significand, Double(x.exponent))
    if mantissa > 1.414_213_562_373_095_1 {
        mantissa /= 2
        exponent += 1
    }
    let t = (mantissa - 1) / (mantissa + 1)
    let square = t * t
    var (power, sum) = (t, 0.0)
    var divisor = 1.0
    while divisor < 26 {
        sum += power / divisor
        power *= square
        divisor += 2
    }
    return 2 * sum + exponent * 0.693_147_180_559_945_3
}
