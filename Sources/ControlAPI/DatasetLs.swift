public import Domain

/// Lists the caller's datasets, by name.
public enum DatasetLs: Method {
    /// The wire name.
    public static let name = "dataset.ls"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty
    /// The datasets.
    public typealias Reply = [Line]

    /// One dataset in a list.
    public struct Line: Codable, Hashable, Sendable {
        /// Its name.
        public var name: DatasetName
        /// Content hash.
        public var version: ContentHash
        /// Number of rows.
        public var rows: Int
        /// Number of feature columns.
        public var columns: Int
        /// Number of classes; 0 for real labels.
        public var classes: Int
        /// Size of all shards, counted once.
        public var bytes: Int
        /// Number of shards.
        public var shards: Int
        /// Nodes that hold each shard.
        public var replicas: Int
        /// When it was added.
        public var addedAt: Timestamp

        /// A dataset with all its fields.
        public init(
            name: DatasetName,
            version: ContentHash,
            rows: Int,
            columns: Int,
            classes: Int,
            bytes: Int,
            shards: Int,
            replicas: Int,
            addedAt: Timestamp
        ) {
            self.name = name
            self.version = version
            self.rows = rows
            self.columns = columns
            self.classes = classes
            self.bytes = bytes
            self.shards = shards
            self.replicas = replicas
            self.addedAt = addedAt
        }
    }
}

extension DatasetLs.Line {
    /// The line of a committed dataset.
    public init(_ manifest: DatasetManifest) {
        name = manifest.name
        version = manifest.version
        rows = manifest.rows
        columns = manifest.columns
        classes = manifest.classCounts.count
        bytes = manifest.shards.reduce(0) { $0 + $1.bytes }
        shards = manifest.shards.count
        replicas = manifest.shards.map(\.holders.count).min() ?? 0
        addedAt = Timestamp(seconds: manifest.addedAt)
    }
}
