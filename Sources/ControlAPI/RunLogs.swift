public import Domain

/// Tells what happened in a run, all nodes' lines merged in order of time.
public enum RunLogs: StreamMethod {
    /// The wire name.
    public static let name = "run.logs"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// A run may have nothing to say for long.
    public static let silenceSecondsMax = 86_400

    /// Which run, and for how long.
    public struct Params: Codable, Sendable {
        /// As typed.
        public var run: RunReference
        /// Whether to go on until the run has ended.
        public var follow: Bool
        /// Only the last so many lines of what there is; nil takes all.
        public var tail: Int?

        /// Asks for a run's log.
        public init(run: RunReference, follow: Bool, tail: Int? = nil) {
            self.run = run
            self.follow = follow
            self.tail = tail
        }
    }

    /// One line.
    public struct Item: Codable, Hashable, Sendable {
        /// When it was written, by the clock of its node.
        public var time: Timestamp
        /// Who wrote it.
        public var node: NodeID
        /// How grave it is: `debug`, `info`, `notice`, `warning`, `error`.
        public var level: String
        /// What it says.
        public var text: String

        /// A line of a log.
        public init(time: Timestamp, node: NodeID, level: String, text: String) {
            self.time = time
            self.node = node
            self.level = level
            self.text = text
        }
    }

    /// The end of the log.
    public struct Reply: Codable, Sendable {
        /// Number of lines told.
        public var lines: Int
        /// Nodes whose lines could not be had.
        public var missing: [NodeID]

        /// The end of a log.
        public init(lines: Int, missing: [NodeID]) {
            self.lines = lines
            self.missing = missing
        }
    }
}
