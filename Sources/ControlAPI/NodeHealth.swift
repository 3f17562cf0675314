public import Domain

/// Judges nodes: clock, certificate, disk, memory, round trip, each with what to do.
public enum NodeHealth: Method {
    /// The wire name.
    public static let name = "node.health"
    /// The least role that may call it.
    public static let role = Role.viewer

    /// Which node.
    public struct Params: Codable, Sendable {
        /// Its name; nil means all.
        public var node: NodeID?

        /// Asks about `node`.
        public init(node: NodeID? = nil) {
            self.node = node
        }
    }

    /// What was looked at, by node.
    public typealias Reply = [Check]
}
