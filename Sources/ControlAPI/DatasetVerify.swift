public import Domain

/// Hashes every shard again on every node that holds it.
public enum DatasetVerify: Method {
    /// The wire name.
    public static let name = "dataset.verify"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// It reads all of the data.
    public static let silenceSecondsMax = 3600
    /// Which dataset.
    public typealias Params = DatasetShow.Params

    /// What was found.
    public struct Reply: Codable, Hashable, Sendable {
        /// The dataset.
        public var name: DatasetName
        /// Content hash.
        public var version: ContentHash
        /// Whether every copy was reached and is intact.
        public var intact: Bool
        /// One item per shard and holder.
        public var shards: [DatasetDocument.Shard]

        /// What was found.
        public init(
            name: DatasetName,
            version: ContentHash,
            intact: Bool,
            shards: [DatasetDocument.Shard]
        ) {
            self.name = name
            self.version = version
            self.intact = intact
            self.shards = shards
        }
    }
}
