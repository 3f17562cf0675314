public import Domain

/// A run as it is shown to a person; the promised fields of `run`.
public struct RunDocument: Codable, Hashable, Sendable {
    /// The run.
    public var id: RunID
    /// What its owner calls it.
    public var name: ModelName?
    /// How it searches.
    public var algorithm: Algorithm
    /// On what.
    public var dataset: DatasetName
    /// Who takes part, in ring order.
    public var nodes: [NodeID]
    /// Where it is in its life.
    public var status: RunStatus
    /// How it ended; null until then.
    public var outcome: Outcome?
    /// The rule that ended it, in words.
    public var rule: String?
    /// Epochs finished.
    public var epochs: Double
    /// Steps finished.
    public var steps: Int
    /// Mean loss + penalties at the end.
    public var objective: Double?
    /// Mean loss per training row: at the end, or the latest while it runs.
    public var loss: Double?
    /// One item for each set of rows it was measured on.
    public var metrics: [Metrics]
    /// Seconds of training in all generations.
    public var wallSeconds: Double
    /// Those of them until the model was found, before it was measured; nil where none was found.
    public var searchSeconds: Double?
    /// Rows read per second by all ranks together.
    public var rowsPerSecond: Double
    /// Bytes each node sent around the ring.
    public var bytesSentPerNode: Int
    /// What waiting for each other cost; null until the end.
    public var traffic: TrafficFigures?
    /// Certified bound of (P − P*)/P, where there is one.
    public var certifiedGap: Double?
    /// The dual objective of a support vector machine, as LIBSVM prints it.
    public var dualObjective: Double?
    /// Gap of a support vector machine's optimum: certified where it is linear.
    public var gap: Double?
    /// Distinct rows on or within a machine's margin.
    public var supportVectors: Int?
    /// Rounds that a machine took.
    public var rounds: Int?
    /// The model it made.
    public var model: ModelName?
    /// Seed of everything random in it.
    public var seed: UInt64
    /// Why it ended other than well; null otherwise.
    public var cause: Cause?
    /// What was chosen from the data, one line.
    public var choices: String?
    /// The trial by which its rate was found; empty where it was not found by trying.
    public var rateTrial: [RatePoint]
    /// The sweep that it belongs to, and as what; null for a run of its own.
    public var sweep: SweepTag?
    /// Whether the outcome is one node's own view, not yet agreed by a majority.
    public var isProvisional: Bool
    /// Which of its rings.
    public var generation: Generation
    /// Who leads it.
    public var coordinator: NodeID
    /// Step of the newest checkpoint known.
    public var checkpointStep: Int?
    /// User id of who started it.
    public var startedBy: UInt32
    /// When it was started.
    public var startedAt: Timestamp
    /// When it ended.
    public var endedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, name, algorithm, dataset, nodes, status, outcome, rule, epochs, steps, objective
        case loss, metrics, wallSeconds, searchSeconds, rowsPerSecond, bytesSentPerNode
        case certifiedGap, model, seed, cause, choices, traffic, dualObjective, gap
        case supportVectors, rounds, rateTrial, sweep
        case isProvisional = "provisional"
        case generation, coordinator, checkpointStep, startedBy, startedAt, endedAt
    }

    private enum CauseKeys: CodingKey {
        case node, rank, step, reason
    }

    /// The document of everything known of a run.
    public init(_ record: RunRecord) {
        id = record.id
        name = record.spec.name
        algorithm = record.spec.algorithm
        dataset = record.spec.dataset
        nodes = record.plan.seats.map(\.node)
        status = record.status
        let result = record.result
        outcome = result?.outcome
        rule = result?.rule
        let progress = record.progress
        epochs = result?.epochs ?? progress?.epoch ?? 0
        steps = result?.steps ?? progress?.step ?? 0
        objective = result?.objective
        loss = result.map(\.loss) ?? progress?.loss
        metrics = result?.metrics ?? []
        searchSeconds = result?.searchSeconds
        wallSeconds = result?.wallSeconds ?? progress?.seconds ?? 0
        rowsPerSecond = result?.rowsPerSecond ?? progress?.rowsPerSecond ?? 0
        bytesSentPerNode = result?.bytesSentPerNode ?? 0
        traffic = result?.traffic
        certifiedGap = result?.certifiedGap
        dualObjective = result?.svm?.dualObjective
        gap = result?.svm?.gap
        supportVectors = result?.svm?.supportVectors
        rounds = result?.svm?.rounds
        model = record.model
        seed = record.spec.seed
        cause = result?.cause
        // Who saw a node vanish may not know in which step: it is the one after the last finished.
        if cause != nil, cause?.step == nil { cause?.step = steps + 1 }
        choices = record.choices
        rateTrial = result?.rateTrial ?? []
        sweep = record.spec.sweep
        isProvisional = record.isProvisional
        generation = record.plan.generation
        coordinator = record.plan.coordinator
        checkpointStep = record.checkpointStep
        startedBy = record.startedBy
        startedAt = Timestamp(seconds: record.startedAt)
        endedAt = record.endedAt.map(Timestamp.init(seconds:))
        dropNumbersThatAreNone()
    }

    /// A diverged run's loss is no number; JSON says so with null.
    private mutating func dropNumbersThatAreNone() {
        func finite(_ value: Double?) -> Double? {
            value.flatMap { $0.isFinite ? $0 : nil }
        }
        objective = finite(objective)
        loss = finite(loss)
        certifiedGap = finite(certifiedGap)
        dualObjective = finite(dualObjective)
        gap = finite(gap)
        epochs = finite(epochs) ?? 0
        wallSeconds = finite(wallSeconds) ?? 0
        rowsPerSecond = finite(rowsPerSecond) ?? 0
    }

    /// Encodes all fields, those without a value as null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(algorithm, forKey: .algorithm)
        try container.encode(dataset, forKey: .dataset)
        try container.encode(nodes, forKey: .nodes)
        try container.encode(status, forKey: .status)
        try container.encode(outcome, forKey: .outcome)
        try container.encode(rule, forKey: .rule)
        try container.encode(epochs, forKey: .epochs)
        try container.encode(steps, forKey: .steps)
        try container.encode(objective, forKey: .objective)
        try container.encode(loss, forKey: .loss)
        try container.encode(metrics, forKey: .metrics)
        try container.encode(wallSeconds, forKey: .wallSeconds)
        try container.encodeIfPresent(searchSeconds, forKey: .searchSeconds)
        try container.encode(rowsPerSecond, forKey: .rowsPerSecond)
        try container.encode(bytesSentPerNode, forKey: .bytesSentPerNode)
        try container.encode(traffic, forKey: .traffic)
        try container.encode(certifiedGap, forKey: .certifiedGap)
        try container.encodeIfPresent(dualObjective, forKey: .dualObjective)
        try container.encodeIfPresent(gap, forKey: .gap)
        try container.encodeIfPresent(supportVectors, forKey: .supportVectors)
        try container.encodeIfPresent(rounds, forKey: .rounds)
        try container.encode(model, forKey: .model)
        try container.encode(seed, forKey: .seed)
        if let cause {
            var nested = container.nestedContainer(keyedBy: CauseKeys.self, forKey: .cause)
            try nested.encode(cause.node, forKey: .node)
            try nested.encode(cause.rank, forKey: .rank)
            try nested.encode(cause.step, forKey: .step)
            try nested.encode(cause.reason, forKey: .reason)
        } else {
            try container.encodeNil(forKey: .cause)
        }
        try container.encode(choices, forKey: .choices)
        try container.encode(rateTrial, forKey: .rateTrial)
        try container.encode(sweep, forKey: .sweep)
        try container.encode(isProvisional, forKey: .isProvisional)
        try container.encode(generation, forKey: .generation)
        try container.encode(coordinator, forKey: .coordinator)
        try container.encode(checkpointStep, forKey: .checkpointStep)
        try container.encode(startedBy, forKey: .startedBy)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(endedAt, forKey: .endedAt)
    }
}
