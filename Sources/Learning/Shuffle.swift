/// Random numbers from a seed: the same on every machine, for shuffles and not for secrets.
///
/// Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The stream of `seed`; further numbers tell streams of one seed apart.
    public init(seed: UInt64, _ streams: UInt64...) {
        state = seed
        for stream in streams {
            state = SeededGenerator.mix(state &+ 0x9E37_79B9_7F4A_7C15)
            state ^= SeededGenerator.mix(stream &+ 0xD1B5_4A32_D192_ED03)
        }
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SeededGenerator.mix(state)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Shuffles in place, by the seed alone (Fisher–Yates).
public func shuffle<Element>(
    _ elements: inout [Element],
    using generator: inout SeededGenerator
) {
    var left = elements.count
    while left > 1 {
        // The bias of a remainder is below 2⁻³² for counts below 2³².
        let pick = Int(generator.next() % UInt64(left))
        left -= 1
        elements.swapAt(left, pick)
    }
}
