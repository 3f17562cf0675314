public import Domain

/// Looks at everything that commonly goes wrong on the asked node, each with a fix.
public enum Doctor: Method {
    /// The wire name.
    public static let name = "doctor"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty
    /// What was looked at.
    public typealias Reply = [Check]
}
