/// A trained model: what it was trained on, and how to read its parameters; immutable.
public struct ModelManifest: Hashable, Codable, Sendable {
    /// Whose it is.
    public var tenant: TenantID
    /// Its name: the run's name, or the run's id.
    public var name: ModelName
    /// The run that made it.
    public var run: RunID
    /// The generation of the run that finished it.
    public var generation: Generation
    /// How its words are to be read.
    public var shape: ModelShape
    /// How the search went.
    public var algorithm: Algorithm
    /// The dataset it was trained on.
    public var dataset: DatasetName
    /// The exact version of that dataset.
    public var datasetVersion: ContentHash
    /// How new data must be read.
    public var mapping: ColumnMapping
    /// What its outputs mean.
    public var labels: LabelKind
    /// SHA-256 of the model file.
    public var hash: ContentHash
    /// Size of the model file.
    public var bytes: Int
    /// How well it did when it was made.
    public var metrics: [Metrics]
    /// Seconds since 1970 at its making.
    public var madeAt: Double

    /// A manifest with all its fields.
    public init(
        tenant: TenantID,
        name: ModelName,
        run: RunID,
        generation: Generation,
        shape: ModelShape,
        algorithm: Algorithm,
        dataset: DatasetName,
        datasetVersion: ContentHash,
        mapping: ColumnMapping,
        labels: LabelKind,
        hash: ContentHash,
        bytes: Int,
        metrics: [Metrics],
        madeAt: Double
    ) {
        self.tenant = tenant
        self.name = name
        self.run = run
        self.generation = generation
        self.shape = shape
        self.algorithm = algorithm
        self.dataset = dataset
        self.datasetVersion = datasetVersion
        self.mapping = mapping
        self.labels = labels
        self.hash = hash
        self.bytes = bytes
        self.metrics = metrics
        self.madeAt = madeAt
    }

    /// What was fitted.
    public var kind: ModelKind { shape.kind }
}
