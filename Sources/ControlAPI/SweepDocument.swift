public import Domain

/// A sweep as it is shown to a person.
public struct SweepDocument: Codable, Hashable, Sendable {
    /// Where a sweep is in its life.
    public enum Status: String, Codable, Sendable {
        /// Its coordinator starts runs.
        case running
        /// It has its best model, or no trial could be measured.
        case ended
        /// It was stopped, or its coordinator was; it can be resumed.
        case stopped
    }

    /// One choice of options and how it did.
    public struct Trial: Codable, Hashable, Sendable {
        /// Its number, from 1.
        public var trial: Int
        /// The options that make it, as typed.
        public var options: String
        /// `waiting`, `running`, `measured`, `behind`, or how its run ended.
        public var state: String
        /// The metric, the mean over the folds measured so far; null before the first.
        public var score: Double?
        /// Standard deviation over the folds; null where there are fewer than two.
        public var deviation: Double?
        /// Mean training loss of its runs.
        public var loss: Double?
        /// Epochs of all its runs.
        public var epochs: Double
        /// Seconds of training of all its runs.
        public var seconds: Double
        /// Its runs, in the order of the folds.
        public var runs: [RunID]

        /// A trial of which nothing has run.
        public init(trial: Int, options: String) {
            self.trial = trial
            self.options = options
            state = "waiting"
            epochs = 0
            seconds = 0
            runs = []
        }
    }

    /// The sweep.
    public var id: SweepID
    /// What its owner calls the best model.
    public var name: ModelName?
    /// How its runs search.
    public var algorithm: Algorithm
    /// On what.
    public var dataset: DatasetName
    /// Where it is in its life.
    public var status: Status
    /// Why it ended without a model, or cannot go on; null otherwise.
    public var trouble: String?
    /// Folds of the cross-validation; null without one.
    public var folds: Int?
    /// Runs at a time.
    public var parallel: Int
    /// Whether trials that fall behind are stopped.
    public var halving: Bool
    /// What is compared.
    public var metric: MetricName
    /// What was tried, in order.
    public var trials: [Trial]
    /// The number of the best trial so far; null before the first is measured.
    public var best: Int?
    /// The run that trained the best once more; null until it has been started.
    public var run: RunID?
    /// The model that is kept; null until it is there.
    public var model: ModelName?
    /// Who leads it.
    public var coordinator: NodeID
    /// User id of who started it.
    public var startedBy: UInt32
    /// When it was started.
    public var startedAt: Timestamp
    /// When it ended.
    public var endedAt: Timestamp?

    /// A sweep of which nothing has run.
    public init(_ record: SweepRecord, metric: MetricName) {
        let first = record.spec.trials.first?.spec
        id = record.id
        name = record.spec.name
        algorithm = first?.algorithm ?? .sgd
        dataset = first?.dataset ?? DatasetName(checked: "none")
        status = record.endedAt != nil ? .ended : record.isActive ? .running : .stopped
        trouble = record.trouble
        folds = record.spec.folds
        parallel = record.spec.parallel
        halving = record.spec.isHalving
        self.metric = metric
        trials = record.spec.trials.enumerated().map {
            Trial(trial: $0.offset + 1, options: $0.element.options)
        }
        coordinator = record.coordinator
        startedBy = record.startedBy.uid
        startedAt = Timestamp(seconds: record.startedAt)
        endedAt = record.endedAt.map(Timestamp.init(seconds:))
    }

    /// Trials that nothing more will happen to.
    public var finished: Int { trials.count { $0.state != "waiting" && $0.state != "running" } }
}
