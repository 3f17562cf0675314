public import Domain

/// Says which program answers.
public enum Version: Method {
    /// The wire name.
    public static let name = "version"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty

    /// Which program answers.
    public struct Reply: Codable, Sendable {
        /// Version of the daemon.
        public var version: String
        /// The node it runs on.
        public var node: NodeID
        /// The cluster's name.
        public var cluster: ClusterName

        /// Which program answers.
        public init(version: String, node: NodeID, cluster: ClusterName) {
            self.version = version
            self.node = node
            self.cluster = cluster
        }
    }
}

/// The version of this source tree; daemon and client of one build say the same.
public let distmlVersion = "0.1.0"
