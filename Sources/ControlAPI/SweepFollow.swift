public import Domain

/// Tells of a sweep until it has ended or was stopped, then gives its document.
public enum SweepFollow: StreamMethod {
    /// The wire name.
    public static let name = "sweep.follow"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// The document is that of the end of a sweep.
    public static let kind = "sweep"
    /// A run may take long.
    public static let silenceSecondsMax = 86_400
    /// Which sweep.
    public typealias Params = SweepShow.Params
    /// The sweep as it is now.
    public typealias Item = SweepDocument
    /// The sweep at its end.
    public typealias Reply = SweepDocument
}
