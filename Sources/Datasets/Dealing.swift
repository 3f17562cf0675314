/// Which rows go into which shard, and in which order.
struct Dealing {
    /// The rows of each shard, by shard.
    var shards: [[Int32]]

    /// Deals rows so that the rows of a class differ by at most one between shards, and so do
    /// all rows; the seed decides which rows and their order, the order of the source does not.
    ///
    /// `classes` has one number below `classCount` a row.
    init(classes: [UInt16], classCount: Int, shards count: Int, seed: UInt64) {
        precondition(count > 0, "\(count) shards")
        var random = SplitMix(seed: seed)
        var order = rowsByClass(classes, classCount: classCount)
        shuffleEachClass(&order, classes, &random)
        var dealt: [[Int32]] = []
        for shard in 0..<count {
            var rows: [Int32] = []
            rows.reserveCapacity(order.count / count + 1)
            for place in stride(from: shard, to: order.count, by: count) {
                rows.append(order[place])
            }
            rows.shuffle(using: &random)
            dealt.append(rows)
        }
        shards = dealt
    }

    /// One shard of all rows as they came.
    init(inOrder rows: Int) {
        shards = [(0..<Int32(rows)).map { $0 }]
    }
}

/// All rows, those of class 0 first; a counting sort.
private func rowsByClass(_ classes: [UInt16], classCount: Int) -> [Int32] {
    var next = [Int](repeating: 0, count: classCount + 1)
    for number in classes { next[Int(number) + 1] += 1 }
    for number in 0..<classCount { next[number + 1] += next[number] }
    var order = [Int32](repeating: 0, count: classes.count)
    for (row, number) in classes.enumerated() {
        order[next[Int(number)]] = Int32(row)
        next[Int(number)] += 1
    }
    return order
}

private func shuffleEachClass(
    _ order: inout [Int32],
    _ classes: [UInt16],
    _ random: inout SplitMix
) {
    var start = 0
    while start < order.count {
        var end = start
        let number = classes[Int(order[start])]
        while end < order.count, classes[Int(order[end])] == number { end += 1 }
        order[start..<end].shuffle(using: &random)
        start = end
    }
}

/// SplitMix64: the same numbers from the same seed, on every machine and in every release.
///
/// Source: Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
