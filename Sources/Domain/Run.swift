/// One seat of a run's ring.
public struct Seat: Hashable, Codable, Sendable {
    /// Who sits there.
    public var node: NodeID
    /// Indices of the dataset's shards that this seat reads, in order.
    public var shards: [Int]
    /// Indices of the validation dataset's shards that this seat reads, in order.
    public var validationShards: [Int]

    /// A seat and what it reads.
    public init(node: NodeID, shards: [Int], validationShards: [Int] = []) {
        self.node = node
        self.shards = shards
        self.validationShards = validationShards
    }
}

/// What every participant of a run agreed to: who sits where, in which generation, on which data.
public struct RunPlan: Hashable, Codable, Sendable {
    /// The run.
    public var run: RunID
    /// Whose it is.
    public var tenant: TenantID
    /// Which of its rings.
    public var generation: Generation
    /// Who leads this generation.
    public var coordinator: NodeID
    /// The seats in ring order; the index is the rank.
    public var seats: [Seat]
    /// The exact version of the data.
    public var dataset: ContentHash
    /// The exact version of the validation dataset, where there is one.
    public var validationDataset: ContentHash?
    /// The step of the checkpoint to start from; nil starts anew.
    public var resumeStep: Int?

    /// A plan with all its fields.
    public init(
        run: RunID,
        tenant: TenantID,
        generation: Generation,
        coordinator: NodeID,
        seats: [Seat],
        dataset: ContentHash,
        validationDataset: ContentHash? = nil,
        resumeStep: Int? = nil
    ) {
        self.run = run
        self.tenant = tenant
        self.generation = generation
        self.coordinator = coordinator
        self.seats = seats
        self.dataset = dataset
        self.validationDataset = validationDataset
        self.resumeStep = resumeStep
    }

    /// Number of seats.
    public var worldSize: Int { seats.count }

    /// The seat of `node`, where it has one.
    public func rank(of node: NodeID) -> Rank? {
        seats.firstIndex { $0.node == node }.map { Rank($0) }
    }
}

/// How a run ended; exactly one for each run.
public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// The stop rule was met.
    case converged
    /// Epochs, steps or time were used up.
    case limitReached = "limit_reached"
    /// Somebody asked it to stop; there is a checkpoint.
    case stopped
    /// Another run needed its place.
    case preempted
    /// The loss became non-finite or exploded.
    case diverged
    /// Nodes were lost.
    case nodesLost = "nodes_lost"
    /// The privacy budget was spent.
    case budgetSpent = "budget_spent"
    /// Anything else; the cause says what.
    case failed

    /// Whether the run left a finished model.
    public var isSuccess: Bool { self == .converged || self == .limitReached }
}

/// Where a run is in its life.
public enum RunStatus: String, Codable, Sendable, CaseIterable {
    /// Participants are being asked.
    case preparing
    /// The ring stands, or is being built.
    case running
    /// It ended; the outcome says how.
    case ended
}

/// How well a model does on rows that are named; only what applies is there.
///
/// A mean over classes is, as in scikit-learn, over those that some row has or was called; the
/// balanced accuracy over those that some row has.
public struct Metrics: Hashable, Codable, Sendable {
    /// Which rows: `validation`, `training`, or a dataset's name.
    public var on: String
    /// Number of those rows.
    public var rows: Int
    /// Share of rows whose class was right.
    public var accuracy: Double?
    /// Mean over the classes of the share that was right.
    public var balancedAccuracy: Double?
    /// Of the positive class for two classes, else the mean over the classes.
    public var precision: Double?
    /// Of the positive class for two classes, else the mean over the classes.
    public var recall: Double?
    /// Of the positive class for two classes, else the mean over the classes.
    public var f1: Double?
    /// Share of all rows that were right, as an F1 over all classes together.
    public var f1Micro: Double?
    /// Mean of the classes' F1, for two classes as well.
    public var f1Macro: Double?
    /// Area under the ROC curve, ties counted half; mean of one class against the rest for more
    /// than two.
    public var rocAUC: Double?
    /// Area under the precision–recall curve (average precision), likewise.
    public var prAUC: Double?
    /// Share of rows whose class was among the five likeliest; for more than five classes.
    public var top5: Double?
    /// Mean negative log-likelihood in nats.
    public var logLoss: Double?
    /// Root of the mean squared error, in the label's unit.
    public var rmse: Double?
    /// Share of the labels' variance that is explained.
    public var r2: Double?
    /// The figures of each class, in their order; nil for real labels.
    public var perClass: [ClassFigures]?
    /// Rows by their class and by the class they were called; nil for real labels and for more
    /// classes than `confusionClassesMax`.
    public var confusion: [[Int]]?
    /// The classes' texts, in their order, where `confusion` is kept.
    public var labels: [String]?
    /// Most classes of which `confusion` is kept.
    public static let confusionClassesMax = 20

    /// Names as they come back from `snake_case`: `roc_auc` is read as `rocAuc`.
    enum CodingKeys: String, CodingKey {
        case on, rows, accuracy, balancedAccuracy, precision, recall, f1, f1Micro, f1Macro
        case rocAUC = "rocAuc"
        case prAUC = "prAuc"
        case top5, logLoss, rmse, r2, perClass, confusion, labels
    }

    /// Metrics of no rows yet.
    public init(on: String, rows: Int) {
        self.on = on
        self.rows = rows
    }
}

/// How well a model does on one class.
public struct ClassFigures: Hashable, Codable, Sendable {
    /// Rows of the class.
    public var rows: Int
    /// Share of the rows called this class that were of it.
    public var precision: Double
    /// Share of its rows that were called it.
    public var recall: Double
    /// Harmonic mean of both.
    public var f1: Double

    /// Figures with all their fields.
    public init(rows: Int, precision: Double, recall: Double, f1: Double) {
        self.rows = rows
        self.precision = precision
        self.recall = recall
        self.f1 = f1
    }
}

/// One point of a run's curve.
public struct RunProgress: Hashable, Codable, Sendable {
    /// Epochs finished, with a fraction.
    public var epoch: Double
    /// Steps finished.
    public var step: Int
    /// Mean loss per row since the last point.
    public var loss: Double
    /// Learning rate in force.
    public var learningRate: Double
    /// Rows read per second by all ranks together.
    public var rowsPerSecond: Double
    /// Seconds of training so far, in all generations.
    public var seconds: Double
    /// Epochs at which the run will end at the latest, where a limit is known.
    public var epochsMax: Int?
    /// Steps at which it will, where they are limited.
    public var stepsMax: Int?
    /// Seconds of training at which it will, where they are limited.
    public var secondsMax: Double?
    /// The figure that counts, on the validation rows, where it was measured at this point.
    public var validation: Double?
    /// Certified gap, or violation of the optimality conditions, where the method has one.
    public var gap: Double?

    /// Whether it stands at the end of an epoch.
    public var isWholeEpoch: Bool { epoch == epoch.rounded() }

    /// A point with all its fields.
    public init(
        epoch: Double,
        step: Int,
        loss: Double,
        learningRate: Double,
        rowsPerSecond: Double,
        seconds: Double,
        epochsMax: Int? = nil
    ) {
        self.epoch = epoch
        self.step = step
        self.loss = loss
        self.learningRate = learningRate
        self.rowsPerSecond = rowsPerSecond
        self.seconds = seconds
        self.epochsMax = epochsMax
    }
}

/// What a run left behind when it ended.
public struct RunResult: Hashable, Codable, Sendable {
    /// How it ended.
    public var outcome: Outcome
    /// The rule that ended it, in words: "plateau: loss changed by less than 1e-4 …".
    public var rule: String
    /// Epochs finished.
    public var epochs: Double
    /// Steps finished.
    public var steps: Int
    /// Objective at the end: mean loss + penalties.
    public var objective: Double?
    /// Mean loss per training row at the end.
    public var loss: Double?
    /// Certified bound of (P − P*)/P, where there is one.
    public var certifiedGap: Double?
    /// One item for each set of rows it was measured on.
    public var metrics: [Metrics]
    /// Seconds of training in all generations.
    public var wallSeconds: Double
    /// Those of them until the model was found, before it was measured; nil where none was found.
    public var searchSeconds: Double?
    /// Rows read per second of the search by all ranks together.
    public var rowsPerSecond: Double
    /// Bytes each node sent around the ring.
    public var bytesSentPerNode: Int
    /// What a support vector machine measured.
    public var svm: SVMFigures?
    /// What waiting for each other cost.
    public var traffic: TrafficFigures?
    /// What a range test of rates found; empty where there was none.
    public var rateTrial: [RatePoint]
    /// Why it ended other than well; nil otherwise.
    public var cause: Cause?

    /// A result of an `outcome` with nothing measured yet.
    public init(outcome: Outcome, rule: String, cause: Cause? = nil) {
        self.outcome = outcome
        self.rule = rule
        self.cause = cause
        epochs = 0
        steps = 0
        metrics = []
        wallSeconds = 0
        rowsPerSecond = 0
        bytesSentPerNode = 0
        rateTrial = []
    }
}

/// Everything known of one run.
public struct RunRecord: Hashable, Codable, Sendable {
    /// The run.
    public var id: RunID
    /// Whose it is.
    public var tenant: TenantID
    /// What was asked.
    public var spec: RunSpec
    /// Who sits where, on which data.
    public var plan: RunPlan
    /// Where it is in its life.
    public var status: RunStatus
    /// What was chosen from the data, one line.
    public var choices: String?
    /// The latest point of its curve.
    public var progress: RunProgress?
    /// What it left behind, once it ended.
    public var result: RunResult?
    /// Whether `result` is one node's own view, not yet agreed by a majority of the seats.
    public var isProvisional: Bool
    /// Step of the newest checkpoint that this node holds.
    public var checkpointStep: Int?
    /// The model it made, once there is one.
    public var model: ModelName?
    /// User id of who started it.
    public var startedBy: UInt32
    /// Seconds since 1970 at its start.
    public var startedAt: Double
    /// Seconds since 1970 at its end.
    public var endedAt: Double?

    /// A run that has just been accepted.
    public init(
        id: RunID,
        tenant: TenantID,
        spec: RunSpec,
        plan: RunPlan,
        startedBy: UInt32,
        startedAt: Double
    ) {
        self.id = id
        self.tenant = tenant
        self.spec = spec
        self.plan = plan
        self.startedBy = startedBy
        self.startedAt = startedAt
        status = .preparing
        isProvisional = false
    }
}
