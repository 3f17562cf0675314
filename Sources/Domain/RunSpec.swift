/// How a run searches for parameters.
public enum Algorithm: String, Codable, Sendable, CaseIterable {
    /// Full-batch gradient descent with a backtracking step.
    case gd
    /// Mini-batch stochastic gradient descent.
    case sgd
    /// Limited-memory quasi-Newton steps; orthant-wise where there is an L1 penalty.
    case lbfgs
    /// Newton steps on sums of second derivatives.
    case newton
    /// Support vector machines.
    case svm
}

/// What is fitted.
public enum ModelKind: String, Codable, Sendable, CaseIterable {
    /// Real values by squared loss.
    case linear
    /// Two classes by logistic loss.
    case logistic
    /// Two or more classes by cross-entropy.
    case softmax
    /// A network of dense layers.
    case mlp
    /// A network of convolutions over images.
    case cnn
    /// A support vector machine, linear in the features.
    case svm
    /// A support vector machine by a kernel over its support vectors.
    case kernelSVM = "kernel-svm"

    /// Whether its scores are linear in the features.
    public var isLinear: Bool {
        switch self {
        case .linear, .logistic, .softmax, .svm: true
        case .mlp, .cnn, .kernelSVM: false
        }
    }
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
    /// Half a cosine, from the rate to zero over all epochs.
    case cosine
    /// The rate over the root of the epochs so far.
    case inverse
    /// Up over the first three tenths of all epochs, then down to nearly zero.
    case onecycle
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
    /// The layers of a network, where `model` is one.
    public var network: NetworkSpec?
    /// Constant term.
    public var bias: Bias
    /// Value of the constant column where `bias` is `feature`.
    public var biasScale: Float
    /// λ of λ/2·‖ω‖²; nil is 0 for gradient descent, and for SGD a small one on scaled columns.
    public var l2: Double?
    /// λ₁ of λ₁·‖ω‖₁; nil is 0.
    public var l1: Double?
    /// Rate; nil estimates it from the curvature.
    public var learningRate: Double?
    /// How the rate changes; nil chooses.
    public var schedule: Schedule?
    /// Momentum, 0 ..< 1; nil chooses.
    public var momentum: Double?
    /// Decoupled decay of the weights per step, times the rate.
    public var weightDecay: Double
    /// How steps are made of gradients.
    public var optimizer: OptimizerOptions
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
    /// The fold of a cross-validation that is held out; then there is no `validationSplit`.
    public var fold: Fold?
    /// Epochs without a better figure on validation rows before the end; nil takes the default.
    public var patience: Int?
    /// The figure that counts on validation rows; nil is the loss.
    public var metric: MetricName?
    /// What is done to the rows before the search.
    public var weighing: WeighingOptions
    /// What `svm` needs besides; nil for other algorithms.
    public var svm: SVMSpec?
    /// Whether rows that were to stay on their node may be shown to others.
    public var sharesRows: Bool
    /// Whether sums over very few rows may be shown to others.
    public var sharesSums: Bool
    /// The sweep that the run belongs to.
    public var sweep: SweepTag?
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
        optimizer = OptimizerOptions()
        weighing = WeighingOptions()
        sharesRows = false
        sharesSums = false
        seed = 0
        onLoss = .fail
    }
}
