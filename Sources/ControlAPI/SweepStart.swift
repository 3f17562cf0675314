public import Domain

/// Starts a sweep and returns once all its trials have been checked; watch it with `sweep.follow`.
public enum SweepStart: Method {
    /// The wire name.
    public static let name = "sweep.start"
    /// The least role that may call it.
    public static let role = Role.member

    /// What to try.
    public struct Params: Codable, Sendable {
        /// What its owner asks for.
        public var spec: SweepSpec

        /// Asks for a sweep.
        public init(spec: SweepSpec) {
            self.spec = spec
        }
    }

    /// The name to ask about later.
    public struct Reply: Codable, Sendable {
        /// Fresh, never reused.
        public var sweep: SweepID
        /// Number of trials.
        public var trials: Int
        /// Runs that it will start, the last one included.
        public var runs: Int

        /// A sweep that has been accepted.
        public init(sweep: SweepID, trials: Int, runs: Int) {
            self.sweep = sweep
            self.trials = trials
            self.runs = runs
        }
    }
}
