/// Scores of some rows, one class against the rest, as sorted whole numbers.
///
/// A key orders as its score does, so that comparing, merging and counting are exact. Where rows
/// lie on several ranks each has a ranking of its own; together they are as good as one.
public struct ScoreRanking: Equatable, Sendable {
    /// Keys of the rows of the class, ascending once sorted.
    public private(set) var positives: [UInt32] = []
    /// Keys of all other rows, ascending once sorted.
    public private(set) var negatives: [UInt32] = []

    /// A ranking of no rows.
    public init() {}

    /// The rows of all `parts`, sorted.
    public init(merging parts: [ScoreRanking]) {
        for part in parts {
            positives.append(contentsOf: part.positives)
            negatives.append(contentsOf: part.negatives)
        }
        sort()
    }

    /// Number of rows.
    public var count: Int { positives.count + negatives.count }

    /// Adds one row; the keys are then no longer sorted.
    public mutating func add(_ key: UInt32, isPositive: Bool) {
        if isPositive { positives.append(key) } else { negatives.append(key) }
    }

    /// Sorts the keys.
    public mutating func sort() {
        radixSort(&positives)
        radixSort(&negatives)
    }
}

extension ScoreRanking {
    // The coded form: for the positives, then the negatives, the count and then for each distinct
    // key twice its difference from the one before, and one more where several rows have it, whose
    // number then follows. All as little-endian groups of seven bits, the eighth set where more
    // follow: keys of many rows lie close, so a row takes one to three bytes, and ties take none.

    /// The sorted keys in a compact form.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + 3 * count)
        for keys in [positives, negatives] {
            appendNumber(UInt64(keys.count), to: &bytes)
            var previous: UInt32 = 0
            var place = 0
            while place < keys.count {
                let key = keys[place]
                var end = place + 1
                while end < keys.count, keys[end] == key { end += 1 }
                let isRun = end - place > 1
                appendNumber(UInt64(key - previous) << 1 | (isRun ? 1 : 0), to: &bytes)
                if isRun { appendNumber(UInt64(end - place), to: &bytes) }
                previous = key
                place = end
            }
        }
        return bytes
    }

    /// Reads one or several rankings that were written one behind the other.
    /// - Returns: nil where `bytes` are not whole rankings.
    public static func all(in bytes: [UInt8]) -> [ScoreRanking]? {
        var rest = bytes[...]
        var found: [ScoreRanking] = []
        while !rest.isEmpty {
            var ranking = ScoreRanking()
            guard let positives = keys(from: &rest), let negatives = keys(from: &rest) else {
                return nil
            }
            ranking.positives = positives
            ranking.negatives = negatives
            found.append(ranking)
        }
        return found
    }

    private static func keys(from rest: inout ArraySlice<UInt8>) -> [UInt32]? {
        guard let count = takeNumber(from: &rest), count <= keysMax else { return nil }
        var keys: [UInt32] = []
        var previous: UInt64 = 0
        while keys.count < Int(count) {
            guard let step = takeNumber(from: &rest) else { return nil }
            previous += step >> 1
            let times = step & 1 == 0 ? 1 : takeNumber(from: &rest) ?? 0
            guard let key = UInt32(exactly: previous), times > 0,
                times <= count - UInt64(keys.count)
            else { return nil }
            keys.append(contentsOf: repeatElement(key, count: Int(times)))
        }
        return keys
    }

    /// Most keys of one side that are read: no more rows are ranked at a time.
    private static let keysMax: UInt64 = 1 << 28
}

/// Reads what `appendNumber` wrote; nil where that ends early or has no end.
func takeNumber(from rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    var shift = 0
    while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << UInt64(shift)
        if byte & 0x80 == 0 { return value }
        shift += 7
        guard shift < 63 else { return nil }
    }
    return nil
}

/// Appends a number in groups of seven bits.
func appendNumber(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest > 0x7F {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
    }
    bytes.append(UInt8(rest))
}

/// A whole number that orders as the score does; both zeros are one, no number is the least.
public func rankingKey(_ score: Float) -> UInt32 {
    guard !score.isNaN else { return 0 }
    let bits = (score == 0 ? 0 : score).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
}

/// The score whose key this is.
public func rankedScore(_ key: UInt32) -> Float {
    Float(bitPattern: key & 0x8000_0000 == 0 ? ~key : key & 0x7FFF_FFFF)
}

/// Sorts ascending by three passes over eleven bits each.
func radixSort(_ keys: inout [UInt32]) {
    guard keys.count > 64 else {
        keys.sort()
        return
    }
    var other = [UInt32](repeating: 0, count: keys.count)
    for shift: UInt32 in [0, 11, 22] {
        var places = [Int](repeating: 0, count: 2049)
        for key in keys { places[Int(key >> shift & 2047) + 1] += 1 }
        for bucket in 1..<2049 { places[bucket] += places[bucket - 1] }
        for key in keys {
            let bucket = Int(key >> shift & 2047)
            other[places[bucket]] = key
            places[bucket] += 1
        }
        swap(&keys, &other)
    }
}
