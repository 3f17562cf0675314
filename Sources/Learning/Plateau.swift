/// Sees when the loss of the epochs stops falling, and says what to do.
///
///     falling ──no gain for `patience` epochs──► lower the rate, `drops` times ──► stop
///
/// A gain counts when it is more than `tolerance` of the best loss so far, that best taken as at
/// least a twentieth of the first loss: a loss that creeps towards zero for ever has converged.
public struct Plateau: Equatable, Sendable {
    /// What to do after an epoch.
    public enum Advice: Equatable, Sendable {
        /// Nothing: it still falls.
        case goOn
        /// Divide the rate.
        case lowerRate
        /// End: it has converged.
        case stop
    }

    /// Least gain that counts, relative.
    public let tolerance: Double
    /// Epochs without a gain that make a plateau.
    public let patience: Int
    /// How often the rate is lowered before the end.
    public let drops: Int

    /// Loss of the first epoch; nil before it.
    public var first: Double?
    /// Smallest loss that counted as a gain.
    public var best: Double?
    /// Epochs since then.
    public var waited = 0
    /// How often the rate has been lowered.
    public var dropped = 0

    /// A watch over nothing yet.
    public init(tolerance: Double, patience: Int, drops: Int) {
        self.tolerance = tolerance
        self.patience = patience
        self.drops = drops
    }

    /// Takes the mean loss of an epoch.
    public mutating func handle(_ loss: Double) -> Advice {
        let start = first ?? loss
        first = start
        guard let reached = best else {
            best = loss
            return .goOn
        }
        let scale = Swift.max(abs(reached), 0.05 * abs(start))
        if reached - loss > tolerance * scale {
            best = loss
            waited = 0
            return .goOn
        }
        waited += 1
        guard waited >= patience else { return .goOn }
        waited = 0
        best = Swift.min(reached, loss)
        guard dropped < drops else { return .stop }
        dropped += 1
        return .lowerRate
    }
}
