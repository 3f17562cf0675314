/// How a run searches for parameters.
public enum Algorithm: String, Codable, Sendable, CaseIterable {
    /// Full-batch gradient descent with a backtracking step.
    case gd
    /// Mini-batch stochastic gradient descent.
    case sgd
}

/// What is fitted.
public enum ModelKind: String, Codable, Sendable, CaseIterable {
    /// Real values by squared loss.
    case linear
    /// Two classes by logistic loss.
    case logistic
    /// Two or more classes by cross-entropy.
    case softmax
}

/// What becomes of a model's constant term.
public enum Bias: String, Codable, Sendable, CaseIterable {
    /// Present and never penalised.
    case free
    /// Absent.
    case none
    /// The weight of a constant column, penalised like any other.
    case feature
}

/// How the learning rate changes over the epochs.
public enum Schedule: String, Codable, Sendable, CaseIterable {
    /// The same throughout, until a plateau ends the run.
    case constant
    /// Divided by ten whenever the loss has reached a plateau.
    case step
}

/// What a run does when a node is lost.
public enum LossPolicy: String, Codable, Sendable, CaseIterable {
    /// Ends with its checkpoint and the cause.
    case fail
}

/// What a run is asked to do, as its owner said it; nil means "choose from the data and say so".
public struct RunSpec: Hashable, Codable, Sendable {
    /// How to search.
    public var algorithm: Algorithm
    /// On what; a dataset of the caller's tenant.
    public var dataset: DatasetName
    /// What the owner calls the run, and its model.
    public var name: ModelName?
    /// Seats: a count, or nil for all nodes that hold a shard.
    public var nodeCount: Int?
    /// Seats by name, in ring order; empty for any.
    public var nodes: [NodeID]
    /// Model; nil chooses from the labels.
    public var model: ModelKind?
    /// Constant term.
    public var bias: Bias
    /// Value of the constant column where `bias` is `feature`.
    public var biasScale: Float
    /// λ of λ/2·‖ω‖²; nil is 0 for gradient descent, and for SGD a small one on scaled columns.
    public var l2: Double?
    /// Rate; nil estimates it from the curvature.
    public var learningRate: Double?
    /// How the rate changes; nil chooses.
    public var schedule: Schedule?
    /// Momentum, 0 ..< 1; nil chooses.
    public var momentum: Double?
    /// Decoupled decay of the weights per step, times the rate.
    public var weightDecay: Double
    /// Rows of one step over all ranks; nil chooses from the number of rows.
    public var batch: Int?
    /// Epochs at most; nil leaves it to the plateau and a generous cap.
    public var epochs: Int?
    /// Steps at most.
    public var steps: Int?
    /// Seconds of training at most.
    public var maxTimeSeconds: Double?
    /// Tolerance of the stop rule; nil takes the algorithm's default.
    public var tolerance: Double?
    /// Share of the rows held out for validation, 0 ..< 1; nil takes none.
    public var validationSplit: Double?
    /// Another dataset to validate on.
    public var validationDataset: DatasetName?
    /// Steps between checkpoints; nil takes one an epoch, at most one every ten seconds.
    public var checkpointEvery: Int?
    /// Seed of everything random in the run.
    public var seed: UInt64
    /// What to do when a node is lost.
    public var onLoss: LossPolicy

    /// A run of `algorithm` on `dataset` with nothing else said.
    public init(algorithm: Algorithm, dataset: DatasetName) {
        self.algorithm = algorithm
        self.dataset = dataset
        nodes = []
        bias = .free
        biasScale = 1
        weightDecay = 0
        seed = 0
        onLoss = .fail
    }
}
