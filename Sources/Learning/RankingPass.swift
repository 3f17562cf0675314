public import LinearAlgebra

/// Collects the scores that one pass over this rank's rows is after: some classes, one band of
/// scores.
public struct RankingPass: Sendable {
    /// Classes that are ranked against all others.
    public let classes: Range<Int>
    /// Scores that are wanted, by their keys.
    public let band: ClosedRange<UInt32>
    /// One for each of `classes`.
    public private(set) var rankings: [ScoreRanking]
    /// Rows in each part of the scores' range, where only that is wanted.
    public private(set) var histogram: [Double]?

    /// A pass for all scores of `classes`.
    public init(classes: Range<Int>, band: ClosedRange<UInt32> = 0...UInt32.max) {
        self.classes = classes
        self.band = band
        rankings = [ScoreRanking](repeating: ScoreRanking(), count: classes.count)
    }

    /// A pass that only counts how many rows have scores in each part of the range.
    public static func counting(_ classes: Range<Int>) -> RankingPass {
        var pass = RankingPass(classes: classes)
        pass.histogram = [Double](repeating: 0, count: histogramParts)
        return pass
    }

    /// Adds the score of one row for class `number`; others than the wanted are let go.
    public mutating func add(_ score: Float, of number: Int, isPositive: Bool) {
        let key = rankingKey(score)
        guard classes.contains(number), band.contains(key) else { return }
        if histogram != nil {
            histogram?[Int(key >> histogramShift)] += 1
        } else {
            rankings[number - classes.lowerBound].add(key, isPositive: isPositive)
        }
    }

    /// What was collected, sorted, in the compact form of rankings; or the counts, each as a number
    /// of groups of seven bits.
    public var bytes: [UInt8] {
        if let histogram {
            var bytes: [UInt8] = []
            for count in histogram { appendNumber(UInt64(count), to: &bytes) }
            return bytes
        }
        var sorted = self
        sorted.sort()
        return sorted.rankings.flatMap(\.bytes)
    }

    /// The counts that `bytes` gives; nil where they are none.
    public static func histogram(in bytes: [UInt8]) -> [Double]? {
        var rest = bytes[...]
        var counts: [Double] = []
        while !rest.isEmpty, let count = takeNumber(from: &rest) { counts.append(Double(count)) }
        return rest.isEmpty && counts.count == histogramParts ? counts : nil
    }

    /// Sorts what was collected.
    public mutating func sort() { for index in rankings.indices { rankings[index].sort() } }
}

/// How scores are ranked over the rows of all ranks in bounded memory.
///
/// The sorted scores of every rank go around the ring; all merge and count them alike. Where the
/// rows of all ranks are more than `keysMax`, classes are taken a few at a time, and then scores
/// band by band from the top, each with a pass over the rows of its own.
public struct RankingPlan: Sendable {
    /// Rows of each class over all ranks.
    public let counts: [Int]
    /// Scores that are held at a time, those of all ranks together, four bytes each.
    public let keysMax: Int

    /// A plan for rows of which `counts` are of each class.
    public init(counts: [Int], keysMax: Int = 1 << 21) {
        self.counts = counts
        self.keysMax = keysMax
    }

    /// A walk for each of `classes` against all others, before its first step.
    public func begun(_ classes: Range<Int>, choosing rule: CutRule? = nil) -> [RankingWalk] {
        classes.map { number in
            RankingWalk(
                positives: counts[number],
                negatives: rows - counts[number],
                choosing: rule
            )
        }
    }

    /// Walks through the scores of each of `classes` against all others.
    ///
    /// `pass` hands this rank's rows to what it is given; it is called equally often on all ranks.
    public func walks(
        _ classes: Range<Int>,
        choosing rule: CutRule? = nil,
        with reducer: any Reducer,
        pass: (inout RankingPass) throws(RowSourceError) -> Void
    ) throws(LearningError) -> [RankingWalk] {
        var walks = begun(classes, choosing: rule)
        var low = classes.lowerBound
        while low < classes.upperBound {
            let high = Swift.min(classes.upperBound, low + classesTogether)
            for band in try bands(of: low..<high, with: reducer, pass: pass) {
                var collecting = RankingPass(classes: low..<high, band: band)
                try LearningError.wrap { () throws(RowSourceError) in try pass(&collecting) }
                collecting.sort()
                let rankings = collecting.rankings
                let parts = try LearningError.wrap { () throws(ReducerError) in
                    try gathered(rankings, with: reducer)
                }
                for number in low..<high {
                    let merged = ScoreRanking(merging: parts.map { $0[number - low] })
                    walks[number - classes.lowerBound].take(merged)
                }
            }
            low = high
        }
        return walks
    }

    /// Bands of at most `keysMax` rows over all ranks, from the top; one part alone may have more.
    private func bands(
        of classes: Range<Int>,
        with reducer: any Reducer,
        pass: (inout RankingPass) throws(RowSourceError) -> Void
    ) throws(LearningError) -> [ClosedRange<UInt32>] {
        guard rows > keysMax else { return [0...UInt32.max] }
        var counting = RankingPass.counting(classes)
        try LearningError.wrap { () throws(RowSourceError) in try pass(&counting) }
        var parts = counting.histogram ?? []
        try LearningError.wrap { () throws(ReducerError) in try reducer.sum(&parts) }
        return bands(of: parts)
    }

    /// How many classes are ranked together.
    public var classesTogether: Int { Swift.max(1, keysMax / Swift.max(1, rows)) }

    /// Rows of all classes; where they are more than `keysMax`, scores are taken band by band.
    public var rows: Int { counts.reduce(0, +) }

    /// Bands of at most `keysMax` of the rows that were counted, from the top.
    public func bands(of parts: [Double]) -> [ClosedRange<UInt32>] {
        var bands: [ClosedRange<UInt32>] = []
        var top = histogramParts - 1
        var held = 0.0
        for part in (0..<histogramParts).reversed() {
            if held > 0, held + parts[part] > Double(keysMax) {
                bands.append(keys(from: part + 1, through: top))
                (top, held) = (part, 0)
            }
            held += parts[part]
        }
        bands.append(keys(from: 0, through: top))
        return bands
    }

    private func keys(from low: Int, through high: Int) -> ClosedRange<UInt32> {
        let last = UInt32(high) << histogramShift | (1 << histogramShift - 1)
        return UInt32(low) << histogramShift...last
    }

    private func gathered(
        _ rankings: [ScoreRanking],
        with reducer: any Reducer
    ) throws(ReducerError) -> [[ScoreRanking]] {
        guard reducer.worldSize > 1 else { return [rankings] }
        let all = try reducer.gather(rankings.flatMap(\.bytes))
        var parts: [[ScoreRanking]] = []
        for (rank, bytes) in all.enumerated() {
            guard let found = ScoreRanking.all(in: bytes), found.count == rankings.count else {
                throw ReducerError("the scores that rank \(rank) sent cannot be read")
            }
            parts.append(found)
        }
        return parts
    }
}

/// A key's first sixteen bits name its part of the range.
private let histogramShift: UInt32 = 16
private let histogramParts = 1 << 16
