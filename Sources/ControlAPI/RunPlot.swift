public import Domain

/// Gives the curve of a run, for a drawing.
public enum RunPlot: Method {
    /// The wire name.
    public static let name = "run.plot"
    /// The least role that may call it.
    public static let role = Role.viewer

    /// Which run.
    public struct Params: Codable, Sendable {
        /// As typed.
        public var run: RunReference

        /// Asks for a run's curve.
        public init(run: RunReference) {
            self.run = run
        }
    }

    /// The curve.
    public struct Reply: Codable, Hashable, Sendable {
        /// The run.
        public var run: RunID
        /// Its name, where it has one.
        public var name: ModelName?
        /// What the figure on validation rows is.
        public var metric: MetricName
        /// The points, by step; of a long run every second one, or fewer.
        public var points: [Point]

        /// The curve of a run, whose points without a finite loss are left out.
        public init(_ record: RunRecord, points: [RunProgress]) {
            run = record.id
            name = record.spec.name
            metric = record.spec.metric ?? .loss
            self.points = points.filter(\.loss.isFinite).map { Point($0) }
        }
    }

    /// One point of the curve.
    public struct Point: Codable, Hashable, Sendable {
        /// Epochs finished, with a fraction.
        public var epoch: Double
        /// Steps finished.
        public var step: Int
        /// Mean loss per training row since the point before.
        public var loss: Double
        /// The figure on validation rows, where it was measured.
        public var validation: Double?
        /// Certified gap, or violation of the optimality conditions, where the method has one.
        public var gap: Double?
        /// Learning rate in force.
        public var learningRate: Double
        /// Seconds of training so far.
        public var seconds: Double

        init(_ progress: RunProgress) {
            func finite(_ value: Double?) -> Double? {
                value.flatMap { $0.isFinite ? $0 : nil }
            }
            epoch = progress.epoch
            step = progress.step
            loss = progress.loss
            validation = finite(progress.validation)
            gap = finite(progress.gap)
            learningRate = finite(progress.learningRate) ?? 0
            seconds = progress.seconds
        }
    }
}
