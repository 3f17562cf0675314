public import Domain

/// Compares what two runs were asked to do and what came of it.
public enum RunDiff: Method {
    /// The wire name.
    public static let name = "run.diff"
    /// The least role that may call it.
    public static let role = Role.viewer

    /// Which runs.
    public struct Params: Codable, Sendable {
        /// As typed.
        public var left: RunReference
        /// As typed.
        public var right: RunReference

        /// Asks for a comparison.
        public init(left: RunReference, right: RunReference) {
            self.left = left
            self.right = right
        }
    }

    /// One thing in which they differ.
    public struct Difference: Codable, Hashable, Sendable {
        /// What it is, such as `learning_rate` or `validation accuracy`.
        public var name: String
        /// Of the left run; null where it has none.
        public var left: String?
        /// Of the right run; null where it has none.
        public var right: String?

        /// A difference.
        public init(name: String, left: String?, right: String?) {
            self.name = name
            self.left = left
            self.right = right
        }
    }

    /// What differs.
    public struct Reply: Codable, Sendable {
        /// The left run.
        public var left: RunID
        /// The right run.
        public var right: RunID
        /// What they were asked differently.
        public var options: [Difference]
        /// What came of it differently.
        public var results: [Difference]

        /// A comparison.
        public init(left: RunID, right: RunID, options: [Difference], results: [Difference]) {
            self.left = left
            self.right = right
            self.options = options
            self.results = results
        }
    }
}
