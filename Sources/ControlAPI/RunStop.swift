public import Domain

/// Stops a run with a checkpoint, and answers once it has ended; one that had ended is answered
/// with what it was.
public enum RunStop: Method {
    /// The wire name.
    public static let name = "run.stop"
    /// The least role that may call it.
    public static let role = Role.member
    /// The document is that of the end of a run.
    public static let kind = "run"
    /// The step that is under way is finished first.
    public static let silenceSecondsMax = 600
    /// Which run.
    public typealias Params = RunShow.Params
    /// The run at its end.
    public typealias Reply = RunDocument
}
