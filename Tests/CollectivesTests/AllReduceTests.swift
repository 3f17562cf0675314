import Collectives
import Domain
import Testing

#if DEBUG
    private let largeCount = 100_003
#else
    private let largeCount = 1_000_003
#endif

/// What a vector's length is compared with the world size.
enum Length: CaseIterable, Sendable {
    case none, one, oneLess, same, oneMore, large

    func count(_ worldSize: Int) -> Int {
        switch self {
        case .none: 0
        case .one: 1
        case .oneLess: worldSize - 1
        case .same: worldSize
        case .oneMore: worldSize + 1
        case .large: largeCount
        }
    }
}

@Suite("All-reduce")
struct AllReduceTests {
    @Test(
        "The sum over ranks is on every rank",
        arguments: [1, 2, 3, 4, 7, 16],
        Length.allCases
    )
    func sums(worldSize: Int, length: Length) throws {
        let count = length.count(worldSize)
        for kind in TestLink.Kind.allCases {
            let sums = try withRing(of: worldSize, over: kind) { ring in
                // Whole numbers below 2²⁴ add exactly in any order.
                var values = (0..<count).map { Float(($0 % 1_000) * (ring.rank.index + 1)) }
                var span = values.mutableSpan
                try ring.allReduce(&span)
                return values
            }
            let factor = worldSize * (worldSize + 1) / 2
            let expected = (0..<count).map { Float(($0 % 1_000) * factor) }
            for sum in sums { #expect(sum == expected) }
        }
    }

    @Test("Sums of random numbers have the same bits on all ranks, and every time")
    func identicalBits() throws {
        func run(_ worldSize: Int) throws -> [[UInt32]] {
            try withRing(of: worldSize) { ring in
                var values = randomFloats(10_007, seed: UInt64(ring.rank.index))
                var span = values.mutableSpan
                try ring.allReduce(&span)
                return values.map(\.bitPattern)
            }
        }
        for worldSize in [2, 3, 7] {
            let first = try run(worldSize)
            #expect(first.allSatisfy { $0 == first[0] })
            #expect(try run(worldSize) == first)
        }
    }

    @Test(
        "Chunk c is added in the order of ranks c + 1, c + 2, …, c, travelling whole or not",
        arguments: [1_003, 20_011],
        [true, false]
    )
    func order(count: Int, sendsWhole: Bool) throws {
        let worldSize = 5
        let sums = try withRing(of: worldSize) { ring in
            var values = randomFloats(count, seed: UInt64(ring.rank.index))
            var span = values.mutableSpan
            ring.sendsWhole = sendsWhole
            let isShort = worldSize * 4 * count <= 256 << 10
            let own = sendsWhole && isShort ? 16 * count : 32 * count / 5
            #expect(ring.allReduceBytes(4 * count) == own)
            try ring.allReduce(&span)
            return values
        }
        let inputs = (0..<worldSize).map { randomFloats(count, seed: UInt64($0)) }
        var expected = [Float](repeating: 0, count: count)
        for owner in 0..<worldSize {
            for index in chunk(ofRank: owner, worldSize: worldSize, count: count) {
                var sum = inputs[(owner + 1) % worldSize][index]
                for step in 2...worldSize { sum += inputs[(owner + step) % worldSize][index] }
                expected[index] = sum
            }
        }
        #expect(sums[0].map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test("Float64 keeps what Float32 would round away")
    func doubles() throws {
        let sums = try withRing(of: 3) { ring in
            var values = [Double](repeating: 1 + 0x1p-40 * Double(ring.rank.index), count: 100)
            var span = values.mutableSpan
            try ring.allReduce(&span)
            return values
        }
        for sum in sums { #expect(sum.allSatisfy { $0 == 3 + 0x3p-40 }) }
    }

    @Test("Integers wrap around instead of trapping")
    func integersWrap() throws {
        let sums = try withRing(of: 2) { ring in
            var wide = [Int64.max, Int64.min, 5]
            var narrow = [Int32.max, Int32.min, 5]
            var wideSpan = wide.mutableSpan
            try ring.allReduce(&wideSpan)
            var narrowSpan = narrow.mutableSpan
            try ring.allReduce(&narrowSpan)
            return Sums(wide: wide, narrow: narrow)
        }
        for sum in sums {
            #expect(sum == Sums(wide: [-2, 0, 10], narrow: [-2, 0, 10]))
        }
    }

    @Test("The largest of all ranks wins, and NaN wins over everything")
    func maxima() throws {
        let maxima = try withRing(of: 4) { ring in
            let rank = ring.rank.index
            var values = (0..<40).map { Float(($0 + 7 * rank) % 40) }
            if rank == 2 { values[3] = .nan }
            var span = values.mutableSpan
            try ring.allReduce(&span, .max)
            var whole = (0..<9).map { Int64($0 * (rank - 1)) }
            var wholeSpan = whole.mutableSpan
            try ring.allReduce(&wholeSpan, .max)
            return Maxima(values: values, whole: whole)
        }
        for maximum in maxima {
            #expect(maximum.values[3].isNaN)
            for index in 0..<40 where index != 3 {
                let expected = (0..<4).map { Float((index + 7 * $0) % 40) }.max()
                #expect(maximum.values[index] == expected)
            }
            #expect(maximum.whole == (0..<9).map { Int64($0 * 2) })
        }
    }

    @Test("A thousand small all-reduces follow each other")
    func many() throws {
        let sums = try withRing(of: 3) { ring in
            var total = 0 as Int64
            for round in 0..<1_000 {
                var values = [Int64(round), Int64(ring.rank.index)]
                var span = values.mutableSpan
                try ring.allReduce(&span)
                total += values[0] + values[1]
            }
            return total
        }
        #expect(sums == [Int64](repeating: 3 * 499_500 + 3_000, count: 3))
    }
}

private struct Sums: Equatable {
    let wide: [Int64]
    let narrow: [Int32]
}

private struct Maxima {
    let values: [Float]
    let whole: [Int64]
}

/// Numbers of very different size, so that the order of additions shows in the bits.
func randomFloats(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SplitMix(seed: seed)
    return (0..<count).map { _ in
        Float.random(in: -1...1, using: &generator)
            * Float(
                sign: .plus,
                exponent: Int.random(in: -20...20, using: &generator),
                significand: 1
            )
    }
}

/// Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
