public import Domain

/// Lists the caller's models, the latest first.
public enum ModelLs: Method {
    /// The wire name.
    public static let name = "model.ls"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty
    /// The models.
    public typealias Reply = [Line]

    /// One model in a list.
    public struct Line: Codable, Hashable, Sendable {
        /// Its name.
        public var name: ModelName
        /// What was fitted.
        public var kind: ModelKind
        /// The run that made it.
        public var run: RunID
        /// The dataset it was trained on.
        public var dataset: DatasetName
        /// Number of parameters.
        public var parameters: Int
        /// Size of the model file.
        public var bytes: Int
        /// How well it did when it was made.
        public var metrics: [Metrics]
        /// When it was made.
        public var madeAt: Timestamp

        /// The line of a model.
        public init(_ manifest: ModelManifest) {
            name = manifest.name
            kind = manifest.kind
            run = manifest.run
            dataset = manifest.dataset
            parameters = manifest.shape.wordCount
            bytes = manifest.bytes
            metrics = manifest.metrics
            madeAt = Timestamp(seconds: manifest.madeAt)
        }
    }
}
