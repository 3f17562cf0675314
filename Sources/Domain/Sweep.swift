/// One sweep, for ever; short enough to type, such as `s-7k2m`.
public struct SweepID: NameValue {
    /// For messages.
    public static let noun = "sweep"
    /// The id itself.
    public let text: String
    /// Wraps a checked id.
    public init(checked text: String) { self.text = text }

    /// A fresh id: `s-` and the letters of a run's.
    public static func random(using generator: inout some RandomNumberGenerator) -> SweepID {
        SweepID(checked: "s-" + RunID.random(using: &generator).text.dropFirst(2))
    }
}

/// Which part of a sweep a run is; it stays with the run wherever its record goes.
public struct SweepTag: Hashable, Codable, Sendable {
    /// The sweep.
    public var sweep: SweepID
    /// The trial's number, from 1.
    public var trial: Int
    /// The options that make the trial, as typed: `lr=0.1 l2=0`.
    public var options: String
    /// Whether it is the best trial, trained once more to be kept.
    public var isFinal: Bool
    /// Whether the run's model is kept though it is only a trial.
    public var keepsModel: Bool

    /// A part of a sweep.
    public init(
        sweep: SweepID,
        trial: Int,
        options: String,
        isFinal: Bool = false,
        keepsModel: Bool = false
    ) {
        self.sweep = sweep
        self.trial = trial
        self.options = options
        self.isFinal = isFinal
        self.keepsModel = keepsModel
    }
}

/// One choice of options that a sweep tries.
public struct SweepTrial: Hashable, Codable, Sendable {
    /// The options that make it, as typed: `lr=0.1 l2=0`.
    public var options: String
    /// The run that they ask for, without name, fold and tag.
    public var spec: RunSpec

    /// A trial.
    public init(options: String, spec: RunSpec) {
        self.options = options
        self.spec = spec
    }
}

/// What a sweep is asked to do.
public struct SweepSpec: Hashable, Codable, Sendable {
    /// What the owner calls the best model.
    public var name: ModelName?
    /// What is tried, in order.
    public var trials: [SweepTrial]
    /// Folds of a cross-validation; nil measures each trial once.
    public var folds: Int?
    /// Runs at a time.
    public var parallel: Int
    /// Whether trials that fall behind are stopped.
    public var isHalving: Bool
    /// Whether the models of all trials are kept.
    public var keepsModels: Bool
    /// What is compared; nil is accuracy for classes and R² for real values.
    public var metric: MetricName?

    /// A sweep over `trials`, one run at a time.
    public init(trials: [SweepTrial]) {
        self.trials = trials
        parallel = 1
        isHalving = false
        keepsModels = false
    }

    /// Trials of one sweep at most.
    public static let trialsMax = 256
}

/// Everything that the node which leads a sweep must not forget.
public struct SweepRecord: Hashable, Codable, Sendable {
    /// The sweep.
    public var id: SweepID
    /// Whose it is.
    public var tenant: TenantID
    /// What was asked.
    public var spec: SweepSpec
    /// Who leads it.
    public var coordinator: NodeID
    /// Who started it; its runs are started in the same name.
    public var startedBy: Caller
    /// Seconds since 1970 at its start.
    public var startedAt: Double
    /// Seconds since 1970 at its end; nil until then.
    public var endedAt: Double?
    /// Whether it goes on by itself when the daemon starts again.
    public var isActive: Bool
    /// Numbers of the trials that were stopped because they had fallen behind.
    public var behind: [Int]
    /// Why it ended without a model; nil otherwise.
    public var trouble: String?

    /// A sweep that has just been accepted.
    public init(
        id: SweepID,
        spec: SweepSpec,
        coordinator: NodeID,
        caller: Caller,
        startedAt: Double
    ) {
        self.id = id
        tenant = caller.tenant
        self.spec = spec
        self.coordinator = coordinator
        startedBy = caller
        self.startedAt = startedAt
        isActive = true
        behind = []
    }
}
