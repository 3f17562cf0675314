public import Domain

/// Removes a dataset from the catalogue and its shards from all nodes.
public enum DatasetRm: Method {
    /// The wire name.
    public static let name = "dataset.rm"
    /// The least role that may call it.
    public static let role = Role.member

    /// Which dataset.
    public typealias Params = DatasetShow.Params

    /// What is gone.
    public struct Reply: Codable, Sendable {
        /// The dataset.
        public var name: DatasetName

        /// Names what is gone.
        public init(name: DatasetName) {
            self.name = name
        }
    }
}
