public import Domain

/// Checks what a run would need and would be, and starts nothing.
public enum RunCheck: Method {
    /// The wire name.
    public static let name = "run.check"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// What would be started.
    public typealias Params = RunStart.Params

    /// What would happen.
    public struct Reply: Codable, Sendable {
        /// Who would take part, in ring order.
        public var nodes: [NodeID]
        /// Rows of the dataset.
        public var rows: Int
        /// Its columns.
        public var columns: Int
        /// Its classes; 0 for real labels.
        public var classes: Int
        /// Parameters of the model, each four bytes.
        public var parameters: Int
        /// Bytes of the largest share of rows that one node reads.
        public var shardBytes: Int
        /// Bytes that a worker may use; null where there is no limit.
        public var memoryLimitBytes: Int?
        /// What would be chosen from what is known before any row is read, one line.
        public var choices: String

        /// An answer with all its fields.
        public init(
            nodes: [NodeID],
            rows: Int,
            columns: Int,
            classes: Int,
            parameters: Int,
            shardBytes: Int,
            memoryLimitBytes: Int?,
            choices: String
        ) {
            self.nodes = nodes
            self.rows = rows
            self.columns = columns
            self.classes = classes
            self.parameters = parameters
            self.shardBytes = shardBytes
            self.memoryLimitBytes = memoryLimitBytes
            self.choices = choices
        }
    }
}
