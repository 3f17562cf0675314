public import Domain

/// Gives the live names for completion and the prompt, quickly: it asks no other node.
public enum Names: Method {
    /// The wire name.
    public static let name = "names"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Completion must not keep a person waiting.
    public static let silenceSecondsMax = 2
    /// Nothing to say.
    public typealias Params = Empty

    /// What may be typed where.
    public struct Reply: Codable, Sendable {
        /// The cluster's name.
        public var cluster: ClusterName
        /// One word for its state.
        public var health: ClusterStatus.Health
        /// The nodes.
        public var nodes: [NodeID]
        /// The caller's datasets; at most 1,000.
        public var datasets: [DatasetName]
        /// The caller's runs, the latest first; at most 1,000.
        public var runs: [RunID]
        /// The caller's models, the latest first; at most 1,000.
        public var models: [ModelName]
        /// The caller's sweeps that this node leads, the latest first; at most 1,000.
        public var sweeps: [SweepID]

        /// Names with all their fields.
        public init(
            cluster: ClusterName,
            health: ClusterStatus.Health,
            nodes: [NodeID],
            datasets: [DatasetName],
            runs: [RunID],
            models: [ModelName],
            sweeps: [SweepID] = []
        ) {
            self.cluster = cluster
            self.health = health
            self.nodes = nodes
            self.datasets = datasets
            self.runs = runs
            self.models = models
            self.sweeps = sweeps
        }
    }
}
