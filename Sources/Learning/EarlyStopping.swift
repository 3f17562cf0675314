/// Watches a measure on validation rows and says when it has stopped getting better.
///
///     better ──no better value for `patience` epochs──► stop, with the parameters of the best
public struct EarlyStopping: Equatable, Sendable {
    /// What to do after an epoch.
    public enum Advice: Equatable, Sendable {
        /// It is the best so far: keep these parameters.
        case keep
        /// Nothing.
        case goOn
        /// End with the parameters that were kept.
        case stop
    }

    /// Epochs without a better value that end the run; nil never ends it.
    public let patience: Int?
    /// Whether larger values are better.
    public let isLargerBetter: Bool
    /// The best value so far.
    public var best: Double?
    /// The epoch that had it.
    public var bestEpoch = 0
    /// Epochs since then.
    public var waited = 0

    /// A watch over nothing yet.
    public init(patience: Int?, isLargerBetter: Bool) {
        self.patience = patience
        self.isLargerBetter = isLargerBetter
    }

    /// Takes the measure after `epoch`; one that is no number is never better.
    public mutating func handle(_ value: Double, epoch: Int) -> Advice {
        let isBetter =
            best.map { isLargerBetter ? value > $0 : value < $0 } ?? true && !value.isNaN
        if isBetter {
            (best, bestEpoch, waited) = (value, epoch, 0)
            return .keep
        }
        waited += 1
        guard let patience, waited >= patience else { return .goOn }
        return .stop
    }
}
