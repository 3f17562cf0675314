public import Domain

/// A model as it is shown to a person.
public struct ModelDocument: Codable, Hashable, Sendable {
    /// Its name.
    public var name: ModelName
    /// What was fitted.
    public var kind: ModelKind
    /// How the search went.
    public var algorithm: Algorithm
    /// The run that made it.
    public var run: RunID
    /// The dataset it was trained on.
    public var dataset: DatasetName
    /// The exact version of that dataset.
    public var datasetVersion: ContentHash
    /// Number of feature columns it wants.
    public var columns: Int
    /// Its classes in the order of its outputs; empty for real values.
    public var classes: [String]
    /// Number of parameters.
    public var parameters: Int
    /// The kernel and its support vectors; null for other models.
    public var kernel: KernelShape?
    /// Constant term.
    public var bias: Bias
    /// Whether raw features are scaled by the model before anything else.
    public var isScaled: Bool
    /// The score above which the second of two classes is called; null is 0.
    public var threshold: Float?
    /// SHA-256 of the model file.
    public var hash: ContentHash
    /// Size of the model file.
    public var bytes: Int
    /// How well it did when it was made.
    public var metrics: [Metrics]
    /// How new data is read.
    public var reading: DatasetDocument.Reading
    /// When it was made.
    public var madeAt: Timestamp

    /// The document of a model.
    public init(_ manifest: ModelManifest) {
        name = manifest.name
        kind = manifest.kind
        algorithm = manifest.algorithm
        run = manifest.run
        dataset = manifest.dataset
        datasetVersion = manifest.datasetVersion
        columns = manifest.mapping.count
        if case .classes(let names) = manifest.labels { classes = names } else { classes = [] }
        parameters = manifest.shape.wordCount
        kernel = manifest.shape.kernel
        bias = manifest.shape.bias
        isScaled = manifest.shape.isScaled
        threshold = manifest.shape.threshold
        hash = manifest.hash
        bytes = manifest.bytes
        metrics = manifest.metrics
        let format =
            manifest.mapping.columns == nil
            ? (manifest.mapping.imageShape == nil ? "libsvm" : "idx") : "csv"
        reading = DatasetDocument.Reading(manifest.mapping, format: format)
        madeAt = Timestamp(seconds: manifest.madeAt)
    }
}
