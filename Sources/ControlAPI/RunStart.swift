public import Domain

/// Starts a run and returns once all participants have accepted; watch it with `run.follow`.
public enum RunStart: Method {
    /// The wire name.
    public static let name = "run.start"
    /// The least role that may call it.
    public static let role = Role.member

    /// What to train, on what.
    public struct Params: Codable, Sendable {
        /// What its owner asks for.
        public var spec: RunSpec

        /// Asks for a run.
        public init(spec: RunSpec) {
            self.spec = spec
        }
    }

    /// The name to ask about later.
    public struct Reply: Codable, Sendable {
        /// Fresh, never reused.
        public var run: RunID
        /// Who takes part, in ring order.
        public var nodes: [NodeID]

        /// A run that has been accepted.
        public init(run: RunID, nodes: [NodeID]) {
            self.run = run
            self.nodes = nodes
        }
    }
}
