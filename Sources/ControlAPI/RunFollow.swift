public import Domain

/// Tells of a run's progress until it has ended, then gives its document.
///
/// The first item comes at once; a run that has ended is answered at once.
public enum RunFollow: StreamMethod {
    /// The wire name.
    public static let name = "run.follow"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// The document is that of the end of a run.
    public static let kind = "run"
    /// A step may be long; the end of a daemon is seen at once by the closed socket.
    public static let silenceSecondsMax = 3600
    /// Which run.
    public typealias Params = RunShow.Params

    /// What is new of a run.
    public struct Item: Codable, Hashable, Sendable {
        /// The run.
        public var run: RunID
        /// Where it is in its life.
        public var status: RunStatus
        /// Which of its rings.
        public var generation: Generation
        /// What was chosen from the data, one line; told until somebody has heard it.
        public var choices: String?
        /// The latest point of its curve.
        public var progress: RunProgress?

        /// News of a run.
        public init(
            run: RunID,
            status: RunStatus,
            generation: Generation,
            choices: String? = nil,
            progress: RunProgress? = nil
        ) {
            self.run = run
            self.status = status
            self.generation = generation
            self.choices = choices
            self.progress = progress
        }
    }

    /// The run at its end.
    public typealias Reply = RunDocument
}
