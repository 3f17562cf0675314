public import Domain

/// How the learning rate changes over the epochs, as a factor of the rate at the start.
///
///     constant, step   1 (step: a tenth of it at each plateau, which the search sees to)
///     cosine           ½·(1 + cos πt/T)
///     inverse          1/√(1 + t)
///     onecycle         up from 1/25 in the first 30 % of T, then down to 1/250,000, by cosines
///
/// t counts epochs, T is their number. A warm-up multiplies all that by t/w while t < w.
/// Sources: Loshchilov & Hutter, "SGDR", ICLR 2017; Smith & Topin, "Super-convergence", 2018, with
/// the numbers that PyTorch takes; warm-up: Goyal et al., "Accurate, large minibatch SGD", 2017.
public struct RateSchedule: Equatable, Sendable {
    /// Which.
    public let schedule: Schedule
    /// Epochs of the warm-up; 0 for none.
    public let warmup: Double
    /// T.
    public let epochs: Double

    /// A schedule with its numbers.
    public init(_ schedule: Schedule, warmup: Double, epochs: Double) {
        self.schedule = schedule
        self.warmup = warmup
        self.epochs = epochs
    }

    /// The factor of the step that begins at epoch `time`; a warm-up counts its own step.
    ///
    /// `step` is the length of a step in epochs. Only +, ×, ÷ and √, so the same bits everywhere.
    public func factor(at time: Double, step: Double) -> Double {
        let share = epochs > 0 ? Swift.min(1, time / epochs) : 0
        let rising = warmup > 0 ? Swift.min(1, (time + step) / warmup) : 1
        return rising * factor(ofShare: share, time)
    }

    private func factor(ofShare share: Double, _ time: Double) -> Double {
        switch schedule {
        case .constant, .step: 1
        case .cosine: (1 + cosine(share)) / 2
        case .inverse: 1 / (1 + time).squareRoot()
        case .onecycle where share < rise: between(low, 1, share / rise)
        case .onecycle: between(1, low / 1e4, (share - rise) / (1 - rise))
        }
    }

    /// From `start` to `end` along half a wave.
    private func between(_ start: Double, _ end: Double, _ share: Double) -> Double {
        end + (start - end) * (1 + cosine(share)) / 2
    }

    /// The cosine of πx for x from 0 to 1, by the series about ½, within 1e-15.
    private func cosine(_ x: Double) -> Double {
        let angle = (0.5 - x) * Double.pi
        var (term, sum) = (angle, angle)
        for k in 1...11 {
            term *= -angle * angle / Double(2 * k * (2 * k + 1))
            sum += term
        }
        return sum
    }
}

private let rise = 0.3
private let low = 0.04

extension Schedule {
    /// Whether the rate falls to a plan that ends with the epochs.
    public var isPlanned: Bool { self == .cosine || self == .onecycle }
}
