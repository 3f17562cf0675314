/// Goes through the scores of all rows from the largest to the smallest and counts what a
/// threshold at each would do.
///
/// With P positives and N negatives in all, and at each distinct score s the p positives and n
/// negatives that have it, TP and FP being the rows above s:
///
///     2·P·N·(area under ROC) = Σ n·(2·TP + p)          pairs that are right, ties counted half
///     P·(average precision)  = Σ p·(TP + p)/(TP + p + FP + n)
///
/// The pairs are whole numbers and the other sum goes by score, so neither knows how rows were cut.
/// Source: Fawcett, "An introduction to ROC analysis", Pattern Recognit. Lett. 27, 2006.
public struct RankingWalk: Sendable {
    /// Rows of the class.
    public let positives: Int
    /// Other rows.
    public let negatives: Int
    private let rule: CutRule?
    private var truePositives = 0
    private var falsePositives = 0
    private var doubledPairs: UInt64 = 0
    private var precisions = 0.0
    private var best: Cut?
    /// The distinct score before, whose cut awaits the next lower one.
    private var pending: (score: Float, value: Double)?

    /// A walk over rows of which these are all; below 2³² together, so that pairs fit 64 bits.
    public init(positives: Int, negatives: Int, choosing rule: CutRule? = nil) {
        precondition(positives >= 0 && negatives >= 0, "\(positives), \(negatives) rows")
        precondition(positives + negatives < 1 << 32, "\(positives + negatives) rows")
        self.positives = positives
        self.negatives = negatives
        self.rule = rule
    }

    /// Takes the next rows, sorted; all lie below those that were taken before.
    public mutating func take(_ ranking: ScoreRanking) {
        var positive = ranking.positives.count
        var negative = ranking.negatives.count
        while positive > 0 || negative > 0 {
            let key = Swift.max(
                positive > 0 ? ranking.positives[positive - 1] : 0,
                negative > 0 ? ranking.negatives[negative - 1] : 0
            )
            let (positiveEnd, negativeEnd) = (positive, negative)
            while positive > 0, ranking.positives[positive - 1] == key { positive -= 1 }
            while negative > 0, ranking.negatives[negative - 1] == key { negative -= 1 }
            take(key, positiveEnd - positive, negativeEnd - negative)
        }
    }

    private mutating func take(_ key: UInt32, _ positive: Int, _ negative: Int) {
        if rule != nil { propose(below: rankedScore(key)) }
        doubledPairs += UInt64(negative) * UInt64(2 * truePositives + positive)
        truePositives += positive
        falsePositives += negative
        let called = Double(truePositives + falsePositives)
        precisions += Double(positive) * Double(truePositives) / called
        if let rule {
            let value = rule.value(
                truePositives: truePositives,
                falsePositives: falsePositives,
                positives: positives
            )
            pending = (rankedScore(key), value)
        }
    }

    /// The cut between the score before and `lower`; the first also stands for calling none.
    private mutating func propose(below lower: Float) {
        guard let pending else {
            let none = rule?.value(truePositives: 0, falsePositives: 0, positives: positives) ?? 0
            best = Cut(threshold: lower, value: none)
            return
        }
        guard let best, pending.value > best.value else { return }
        let middle = lower + (pending.score - lower) / 2
        let isBetween = middle >= lower && middle < pending.score
        self.best = Cut(threshold: isBetween ? middle : lower, value: pending.value)
    }

    /// Area under the curve of true against false positives; nil where a side has no rows.
    public var rocArea: Double? {
        guard positives > 0, negatives > 0 else { return nil }
        // Both are below 2⁶³, so each is rounded once.
        return Double(doubledPairs) / Double(2 * UInt64(positives) * UInt64(negatives))
    }

    /// Average precision, the area under precision against recall; nil without positives.
    public var precisionArea: Double? {
        positives > 0 ? precisions / Double(positives) : nil
    }

    /// The threshold that does best by the rule; a row is called positive where its score is
    /// above it.
    ///
    /// Of equally good ones the largest, in the middle between the scores that it parts. Nil where
    /// there was no rule or no row.
    public var cut: Cut? {
        guard let best, let pending else { return nil }
        guard pending.value > best.value else { return best }
        return Cut(threshold: pending.score.nextDown, value: pending.value)
    }
}

/// A threshold on scores and what it is worth.
public struct Cut: Equatable, Sendable {
    /// Rows with a score above it are called positive.
    public var threshold: Float
    /// Worth by the rule that chose it; larger is better.
    public var value: Double
}

/// What a threshold is chosen by.
public enum CutRule: Equatable, Sendable {
    /// The harmonic mean of precision and recall.
    case f1
    /// What wrong calls cost, each kind its price.
    case cost(falsePositive: Double, falseNegative: Double)

    /// Worth of calling so many rows positive; larger is better.
    public func value(truePositives: Int, falsePositives: Int, positives: Int) -> Double {
        switch self {
        case .f1:
            let sum = truePositives + falsePositives + positives
            return sum > 0 ? 2 * Double(truePositives) / Double(sum) : 0
        case .cost(let falsePositive, let falseNegative):
            return -falsePositive * Double(falsePositives)
                - falseNegative * Double(positives - truePositives)
        }
    }
}
