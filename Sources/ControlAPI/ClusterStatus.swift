public import Domain

/// The overview: what a person looks at first.
public enum ClusterStatus: Method {
    /// The wire name.
    public static let name = "cluster.status"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty

    /// How the cluster is.
    public enum Health: String, Codable, Sendable, CaseIterable {
        /// All nodes alive.
        case healthy
        /// A majority is alive, not all; or something warns.
        case degraded
        /// No majority: names cannot be claimed and runs cannot be settled.
        case noMajority = "no_majority"
    }

    /// The overview.
    public struct Reply: Codable, Sendable {
        /// The cluster's name.
        public var cluster: ClusterName
        /// The node that answers.
        public var node: NodeID
        /// One word for all.
        public var health: Health
        /// Why it is not healthy, one line each.
        public var problems: [String]
        /// All members.
        public var nodes: [NodeSummary]
        /// Datasets of the caller's tenant.
        public var datasets: Int
        /// Models of the caller's tenant.
        public var models: Int
        /// Runs of the caller's tenant that have not ended.
        public var runs: [RunDocument]

        /// An overview with all its fields.
        public init(
            cluster: ClusterName,
            node: NodeID,
            health: Health,
            problems: [String],
            nodes: [NodeSummary],
            datasets: Int,
            models: Int,
            runs: [RunDocument]
        ) {
            self.cluster = cluster
            self.node = node
            self.health = health
            self.problems = problems
            self.nodes = nodes
            self.datasets = datasets
            self.models = models
            self.runs = runs
        }
    }
}
