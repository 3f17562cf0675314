public import Domain

/// Forgets a run that has ended: its record, log and checkpoints; its model stays.
public enum RunRm: Method {
    /// The wire name.
    public static let name = "run.rm"
    /// The least role that may call it.
    public static let role = Role.member
    /// Which run.
    public typealias Params = RunShow.Params

    /// What is gone.
    public struct Reply: Codable, Sendable {
        /// The run.
        public var run: RunID

        /// Names what is gone.
        public init(run: RunID) {
            self.run = run
        }
    }
}
