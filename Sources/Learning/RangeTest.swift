import LinearAlgebra

/// Finds a learning rate by trying: the rate of a few steps grows from far too small to too large,
/// and what the loss does on the way says how large it may be.
///
///     trying ──mean loss of a step──► trying, at a higher rate
///            ──loss exploded, or the last rate was tried──► done, with a choice or none
///
/// The parameters move along; whoever tries throws them away afterwards. Loss in, rate out: all
/// who hand in the same losses get the same bits.
/// Source: Smith, "Cyclical learning rates for training neural networks", WACV 2017, §3.3; the
/// smoothed losses and the stop at an explosion as in Smith, "A disciplined approach to neural
/// network hyper-parameters", 2018.
public struct RangeTest: Equatable, Sendable {
    /// One step of the trial.
    public struct Point: Equatable, Sendable {
        /// The rate of the step.
        public let rate: Double
        /// Mean loss per row of the step, before it was taken.
        public let loss: Double

        /// A point.
        public init(rate: Double, loss: Double) {
            self.rate = rate
            self.loss = loss
        }
    }

    /// What to do next.
    public enum Advice: Equatable, Sendable {
        /// Take a step at this rate.
        case step(rate: Double)
        /// Stop: see `choice`.
        case done
    }

    /// The rate that was chosen, and why.
    public struct Choice: Equatable, Sendable {
        /// The rate to train with: a third of `leastAt`.
        public let rate: Double
        /// The rate at which the smoothed loss was least.
        public let leastAt: Double
        /// The rate at which the loss exploded; nil where it never did.
        public let explodedAt: Double?

        /// In words, for the line that says what was chosen.
        public var reason: String {
            let end = explodedAt.map { "; it exploded at \(shortText($0))" } ?? ""
            return "a third of \(shortText(leastAt)), where the loss of a range test was least"
                + end
        }
    }

    /// Least rate that is tried.
    public static let least = 1e-6
    /// Greatest rate that is tried.
    public static let greatest = 1e2
    /// Steps from the least rate to the greatest: 30 for each power of ten.
    public static let stepsMax = 240

    /// What was tried so far, in order.
    public private(set) var points: [Point] = []
    /// Whether the loss exploded, at the last point.
    public private(set) var hasExploded = false
    private var weighted = 0.0
    private var weight = 0.0
    private var first: Double?

    /// A trial of nothing yet.
    public init() {}

    /// The rate of the step with this number, from 0.
    public static func rate(ofStep number: Int) -> Double {
        // By repeated multiplication of the same factor: the same bits everywhere.
        var rate = least
        for _ in 0..<number { rate *= growth }
        return Swift.min(rate, greatest)
    }

    /// The rate of the next step.
    public var rate: Double { RangeTest.rate(ofStep: points.count) }

    /// Takes the mean loss of the step that was tried at `rate`.
    public mutating func handle(loss: Double) -> Advice {
        precondition(!isDone, "the trial of \(points.count) steps is over")
        points.append(Point(rate: rate, loss: loss))
        weighted = smoothing * weighted + (1 - smoothing) * loss
        weight = smoothing * weight + (1 - smoothing)
        let smoothed = weighted / weight
        if points.count == settledSteps { first = smoothed }
        let limit = first.map { explosion * $0 } ?? .infinity
        // Not-a-number compares with nothing, so it is asked for as what is not below the limit.
        hasExploded = !(smoothed.isFinite && smoothed <= limit)
        return isDone ? .done : .step(rate: rate)
    }

    /// Whether nothing more is to be tried.
    public var isDone: Bool { hasExploded || points.count > RangeTest.stepsMax }

    /// The losses with their noise averaged out; what is no number counts as infinite.
    ///
    /// A mean over neighbours on both sides, so that the smoothed loss turns where the loss does.
    public var smoothed: [Double] {
        points.indices.map { place in
            let reach = Swift.min(halfWindow, place, points.count - 1 - place)
            let window = points[place - reach...place + reach].map(\.loss)
            let mean = window.reduce(0, +) / Double(window.count)
            return mean.isFinite ? mean : .infinity
        }
    }

    /// What the trial found; nil where the loss never fell.
    ///
    /// Where the loss is least the steps are about to become too long; the mean over neighbours
    /// sees that up to 1.7 times too late. A third of it is stable, and long enough.
    public var choice: Choice? {
        guard points.count > settledSteps, let first else { return nil }
        let losses = smoothed
        // The first losses are means of few, and no rate has moved anything yet.
        let tried = losses.indices.dropFirst(settledSteps)
        guard let least = tried.min(by: { losses[$0] < losses[$1] }),
            losses[least] < fall * first
        else { return nil }
        return Choice(
            rate: points[least].rate / 3,
            leastAt: points[least].rate,
            explodedAt: hasExploded ? points.last?.rate : nil
        )
    }
}

/// 10^(1/30).
private let growth = 1.079_775_162_327_709_4
/// Steps whose rates move nothing yet: their loss is that of the start.
private let settledSteps = 10
/// Share of the former losses in the running mean.
private let smoothing = 0.8
/// The loss has exploded once it is so many times that of the start.
private let explosion = 1.5
/// The loss has fallen only if it is below this share of that of the start.
private let fall = 0.99
/// Neighbours on each side in the mean: 10^(7/30) is 1.7.
private let halfWindow = 7
