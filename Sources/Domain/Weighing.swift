/// What is done about classes of different size.
public enum Balance: String, Codable, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// Each row weighs as much as makes all classes weigh the same.
    case weights
    /// Rows of small classes are drawn several times.
    case oversample
    /// Rows of large classes are drawn seldom.
    case undersample
}

/// How much a row of one class counts.
public struct ClassWeight: Hashable, Codable, Sendable {
    /// The class as its text in the source.
    public var label: String
    /// Its weight, above 0.
    public var weight: Double

    /// A class and its weight.
    public init(label: String, weight: Double) {
        self.label = label
        self.weight = weight
    }
}

/// How the threshold between two classes is chosen on validation rows.
public enum ThresholdRule: Hashable, Codable, Sendable {
    /// The largest F1 of the second class.
    case f1
    /// The smallest cost, each kind of mistake with its own.
    case cost(falsePositive: Double, falseNegative: Double)
}

/// How features are scaled before anything sees them.
public enum FeatureScale: String, Codable, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// To mean 0 and deviation 1.
    case standard
    /// To 0 … 1.
    case minmax
    /// To −1 … 1, zero staying zero.
    case maxabs
}

/// What is done to the rows before the search.
public struct WeighingOptions: Hashable, Codable, Sendable {
    /// What is done about classes of different size; nil is nothing.
    public var balance: Balance?
    /// Weights of named classes; the others count 1.
    public var classWeights: [ClassWeight] = []
    /// How features are scaled; nil leaves it to the method.
    public var scale: FeatureScale?
    /// How the threshold is chosen; nil is the middle.
    public var threshold: ThresholdRule?

    /// Nothing said.
    public init() {}
}

/// Which rows a run of a cross-validation holds out.
public struct Fold: Hashable, Codable, Sendable {
    /// Which fold, from 0.
    public var index: Int
    /// How many there are.
    public var count: Int

    /// Fold `index` of `count`.
    public init(index: Int, count: Int) {
        self.index = index
        self.count = count
    }
}

/// A figure by which runs are compared and ended.
public enum MetricName: String, Codable, Sendable, CaseIterable {
    /// Share of rows whose class was right.
    case accuracy
    /// Mean over the classes of the share that was right.
    case balancedAccuracy = "balanced_accuracy"
    /// Harmonic mean of precision and recall.
    case f1
    /// Area under the ROC curve.
    case rocAUC = "roc_auc"
    /// Area under the precision–recall curve.
    case prAUC = "pr_auc"
    /// Mean negative log-likelihood.
    case logLoss = "log_loss"
    /// Root of the mean squared error.
    case rmse
    /// Share of the variance that is explained.
    case r2
    /// Mean loss.
    case loss

    /// Whether more is better.
    public var isBetterHigher: Bool {
        switch self {
        case .accuracy, .balancedAccuracy, .f1, .rocAUC, .prAUC, .r2: true
        case .logLoss, .rmse, .loss: false
        }
    }
}
