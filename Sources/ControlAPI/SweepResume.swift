public import Domain

/// Goes on with a sweep that was stopped; what has been measured is not run again.
public enum SweepResume: Method {
    /// The wire name.
    public static let name = "sweep.resume"
    /// The least role that may call it.
    public static let role = Role.member
    /// Which sweep.
    public typealias Params = SweepShow.Params
    /// As at its start.
    public typealias Reply = SweepStart.Reply
}
