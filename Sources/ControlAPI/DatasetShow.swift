public import Domain

/// Shows one dataset: how it was read, where its shards lie, whether they are there.
public enum DatasetShow: Method {
    /// The wire name.
    public static let name = "dataset.show"
    /// The least role that may call it.
    public static let role = Role.viewer

    /// Which dataset.
    public struct Params: Codable, Sendable {
        /// Its name.
        public var name: DatasetName

        /// Asks for the dataset `name`.
        public init(name: DatasetName) {
            self.name = name
        }
    }

    /// The dataset.
    public typealias Reply = DatasetDocument
}
