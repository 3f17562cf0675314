public import Domain

/// Stops a sweep and what it has running; it can be resumed.
public enum SweepStop: Method {
    /// The wire name.
    public static let name = "sweep.stop"
    /// The least role that may call it.
    public static let role = Role.member
    /// The document is that of the end of a sweep.
    public static let kind = "sweep"
    /// The steps that are under way are finished first.
    public static let silenceSecondsMax = 600
    /// Which sweep.
    public typealias Params = SweepShow.Params
    /// The sweep as it was left.
    public typealias Reply = SweepDocument
}
