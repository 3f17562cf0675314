/// How a step is made of a gradient.
public enum OptimizerKind: String, Codable, Sendable, CaseIterable {
    /// Heavy-ball or Nesterov momentum.
    case sgd
    /// Adaptive moments, the penalty part of the gradient.
    case adam
    /// Adaptive moments with decoupled decay.
    case adamw
    /// Steps divided by the root of all squared gradients so far.
    case adagrad
    /// Layer-wise rates for large batches, on momentum.
    case lars
    /// Layer-wise rates for large batches, on Adam.
    case lamb
}

/// How a mini-batch search takes its steps, beyond rate, schedule and momentum.
public struct OptimizerOptions: Hashable, Codable, Sendable {
    /// Which rule; nil chooses.
    public var kind: OptimizerKind?
    /// Whether momentum looks ahead (Nesterov).
    public var isNesterov = false
    /// Epochs over which the rate rises from zero; nil takes what the schedule wants.
    public var warmupEpochs: Double?
    /// Largest L2 norm of the mean gradient; a longer one is shortened to it.
    public var clipNorm: Double?
    /// Whether the mean of the parameters over the last steps is the model; nil chooses.
    public var isAveraged: Bool?
    /// Steps that every rank takes alone between two averages of the parameters; nil sums every
    /// gradient.
    public var syncEvery: Int?
    /// Whether the rate is found by a range test over the ring.
    public var findsRate = false

    /// Nothing said.
    public init() {}
}
