public import Domain

/// Measures a model on a dataset, across the nodes that hold its shards.
public enum ModelEval: Method {
    /// The wire name.
    public static let name = "model.eval"
    /// The least role that may call it.
    public static let role = Role.member
    /// It reads all of the data.
    public static let silenceSecondsMax = 3600

    /// Which model, on what.
    public struct Params: Codable, Sendable {
        /// A model's name, or the run that made it.
        public var model: RunReference
        /// A dataset of the caller's tenant.
        public var dataset: DatasetName

        /// Asks for a measurement.
        public init(model: RunReference, dataset: DatasetName) {
            self.model = model
            self.dataset = dataset
        }
    }

    /// How well it does.
    public struct Reply: Codable, Hashable, Sendable {
        /// The model.
        public var model: ModelName
        /// The dataset.
        public var dataset: DatasetName
        /// Number of its rows.
        public var rows: Int
        /// What applies, on the dataset's rows; one item.
        public var metrics: [Metrics]
        /// Who was taken for whom; null for real values.
        public var confusion: Confusion?

        /// What was measured.
        public init(
            model: ModelName,
            dataset: DatasetName,
            rows: Int,
            metrics: [Metrics],
            confusion: Confusion? = nil
        ) {
            self.model = model
            self.dataset = dataset
            self.rows = rows
            self.metrics = metrics
            self.confusion = confusion
        }

        /// Encodes promised fields even where they are null.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(model, forKey: .model)
            try container.encode(dataset, forKey: .dataset)
            try container.encode(rows, forKey: .rows)
            try container.encode(metrics, forKey: .metrics)
            try container.encode(confusion, forKey: .confusion)
        }
    }

    /// Counts of rows by what they are and what they were taken for.
    public struct Confusion: Codable, Hashable, Sendable {
        /// The classes, for rows and columns.
        public var labels: [String]
        /// Row: the class in the data; column: the class predicted.
        public var counts: [[Int]]

        /// Counts by class.
        public init(labels: [String], counts: [[Int]]) {
            self.labels = labels
            self.counts = counts
        }
    }
}
