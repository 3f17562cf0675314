/// No parameters, or no reply: the empty object.
public struct Empty: Codable, Hashable, Sendable {
    /// Nothing.
    public init() {}
}
