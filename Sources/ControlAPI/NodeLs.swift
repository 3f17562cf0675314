public import Domain

/// Lists the cluster's nodes, in the order of the configuration.
public enum NodeLs: Method {
    /// The wire name.
    public static let name = "node.ls"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty
    /// The nodes.
    public typealias Reply = [NodeSummary]
}
