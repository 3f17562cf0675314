/// A generator of random numbers that can be repeated.
///
/// Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// A line that is almost a request: cut, bent, nested, mistyped, or noise.
func malformedLine(_ generator: inout SplitMix) -> [UInt8] {
    let good = Array(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":"a"}}"#.utf8)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: return Array(good.prefix(Int.random(in: 1..<good.count, using: &generator)))
    case 1:
        var bent = good
        for _ in 0..<3 {
            let place = Int.random(in: 0..<bent.count, using: &generator)
            let byte = UInt8.random(in: 0...255, using: &generator)
            bent[place] = byte == 0x0A ? 0 : byte
        }
        return bent
    case 2:
        let depth = Int.random(in: 1..<2_000, using: &generator)
        return Array(String(repeating: #"{"a":["#, count: depth).utf8)
    case 3: return Array(#"{"jsonrpc":"2.0","id":1e999,"method":"test.echo"}"#.utf8)
    case 4: return Array(#"{"jsonrpc":"2.0","id":1,"id":2,"method":"test.echo"}"#.utf8)
    case 5: return Array(#"[{"jsonrpc":"2.0","id":1,"method":"test.echo"}]"#.utf8)
    case 6: return Array(#"{"jsonrpc":"2.0","id":{},"method":7,"params":"x"}"#.utf8)
    default:
        return (0..<Int.random(in: 1..<200, using: &generator)).map { _ in
            let byte = UInt8.random(in: 0...255, using: &generator)
            return byte == 0x0A ? 0 : byte
        }
    }
}
