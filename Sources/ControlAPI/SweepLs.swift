public import Domain

/// Lists the caller's sweeps, the latest first, at most `sweepsMax`.
public enum SweepLs: Method {
    /// The wire name.
    public static let name = "sweep.ls"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Sweeps in one answer.
    public static let sweepsMax = 100
    /// Nothing to say.
    public typealias Params = Empty
    /// The sweeps.
    public typealias Reply = [SweepDocument]
}
