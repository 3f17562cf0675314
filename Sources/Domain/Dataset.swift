/// How the rows of a dataset are stored.
public enum RowLayout: String, Codable, Sendable {
    /// Every value of every row.
    case dense
    /// The non-zero values of every row, with their columns.
    case sparse
    /// Every value of every row, each a byte: a whole number from 0 to 255, to be divided by the
    /// mapping's divisor.
    case bytes

    /// Whether rows have only their non-zero values.
    public var isSparse: Bool { self == .sparse }
}

/// What one column of the source became.
public struct SourceColumn: Hashable, Codable, Sendable {
    /// The header's name, or `c1`, `c2`, … where there is none.
    public var name: String
    /// Distinct texts in order of their bytes, each a one-hot column; nil for a column of numbers.
    public var categories: [String]?
    /// What stands in for a missing value; nil where missing values are refused.
    ///
    /// A missing text is none of the categories; this is then 0.
    public var fill: Float?

    /// A column as it will be kept with the dataset and the model.
    public init(name: String, categories: [String]? = nil, fill: Float? = nil) {
        self.name = name
        self.categories = categories
        self.fill = fill
    }

    /// Number of feature columns it takes.
    public var width: Int { categories?.count ?? 1 }
}

/// How a source's columns map to features; kept with the dataset and the model, and used again
/// for new data.
public struct ColumnMapping: Hashable, Codable, Sendable {
    /// The feature columns' sources, in order; nil for LIBSVM text, sparse matrices and
    /// images, whose columns have no names.
    public var columns: [SourceColumn]?
    /// Number of feature columns.
    public var count: Int
    /// Name of the label column, where it had one.
    public var label: String?
    /// Names of the source's columns that were left out; new data may have them or not.
    public var dropped: [String]
    /// 0 or 1: what LIBSVM text calls the first column; nil for other formats.
    public var indexBase: Int?
    /// Height, width and, where there are several, channels of one image; nil where rows are none.
    public var imageShape: [Int]?
    /// What values were divided by on import; 255 for bytes of images, else 1.
    public var divisor: Float

    /// A mapping of unnamed or named columns.
    public init(
        columns: [SourceColumn]?,
        count: Int,
        label: String? = nil,
        dropped: [String] = [],
        indexBase: Int? = nil,
        imageShape: [Int]? = nil,
        divisor: Float = 1
    ) {
        self.columns = columns
        self.count = count
        self.label = label
        self.dropped = dropped
        self.indexBase = indexBase
        self.imageShape = imageShape
        self.divisor = divisor
    }
}

/// What the labels of a dataset are.
public enum LabelKind: Hashable, Codable, Sendable {
    /// Classes, each as its text in the source, in the order of their numbers 0, 1, ….
    case classes([String])
    /// Real values, for regression.
    case real

    /// The classes' texts; none for real values.
    public var classNames: [String] {
        if case .classes(let names) = self { names } else { [] }
    }

    /// Number of classes; 0 for real values.
    public var classCount: Int {
        if case .classes(let names) = self { names.count } else { 0 }
    }
}

/// Rows of one class.
public struct ClassCount: Hashable, Codable, Sendable {
    /// The class as its text in the source.
    public var label: String
    /// Rows that carry it.
    public var count: Int

    /// A class and its count of rows.
    public init(label: String, count: Int) {
        self.label = label
        self.count = count
    }
}

/// One shard of a dataset version; immutable.
public struct ShardDescription: Hashable, Codable, Sendable {
    /// Place among the dataset's shards, from 0.
    public var index: Int
    /// Number of rows.
    public var rows: Int
    /// Stored values: rows × columns where dense, non-zeros where sparse.
    public var values: Int
    /// Size of the shard file.
    public var bytes: Int
    /// SHA-256 over the SHA-256 digests of the file's 64 KiB pages, in order, which it ends with.
    public var hash: ContentHash
    /// Nodes that hold it, the primary first, then the replicas.
    public var holders: [NodeID]

    /// A shard and where it lies.
    public init(
        index: Int,
        rows: Int,
        values: Int,
        bytes: Int,
        hash: ContentHash,
        holders: [NodeID]
    ) {
        self.index = index
        self.rows = rows
        self.values = values
        self.bytes = bytes
        self.hash = hash
        self.holders = holders
    }
}

/// Everything known of one dataset version; immutable once committed.
public struct DatasetManifest: Hashable, Codable, Sendable {
    /// Whose it is.
    public var tenant: TenantID
    /// The name under which it was added.
    public var name: DatasetName
    /// Content hash: over mapping, labels and shard hashes, not over name, tenant or holders.
    public var version: ContentHash
    /// How rows are stored.
    public var layout: RowLayout
    /// Number of rows in all shards.
    public var rows: Int
    /// Number of feature columns.
    public var columns: Int
    /// Non-zero values in all shards.
    public var nonzeros: Int
    /// How the source's columns became features.
    public var mapping: ColumnMapping
    /// What the labels are.
    public var labels: LabelKind
    /// Rows per class; empty for real labels.
    public var classCounts: [ClassCount]
    /// Indices of feature columns that hold one value only; the first 100,000 of them.
    public var constantColumns: [Int]
    /// The shards, in order of their index.
    public var shards: [ShardDescription]
    /// Seed of the shuffle.
    public var seed: UInt64
    /// What was read: `libsvm`, `csv`, `tsv`, `idx`, `npy`, `npz`.
    public var format: String
    /// What the import thought worth saying, one line each.
    public var warnings: [String]
    /// Seconds since 1970 at the commit.
    public var addedAt: Double

    /// Whether each shard is one node's own part, whose rows never leave it: no replicas, nothing
    /// is sent, and whatever is computed from them must be a sum over many rows.
    public var isLocal: Bool {
        get { stays ?? false }
        set { stays = newValue ? true : nil }
    }

    // Absent in the manifests of datasets that are dealt to nodes.
    private var stays: Bool?

    /// A manifest with all its fields.
    public init(
        tenant: TenantID,
        name: DatasetName,
        version: ContentHash,
        layout: RowLayout,
        rows: Int,
        columns: Int,
        nonzeros: Int,
        mapping: ColumnMapping,
        labels: LabelKind,
        classCounts: [ClassCount],
        constantColumns: [Int],
        shards: [ShardDescription],
        seed: UInt64,
        format: String,
        warnings: [String],
        addedAt: Double
    ) {
        self.tenant = tenant
        self.name = name
        self.version = version
        self.layout = layout
        self.rows = rows
        self.columns = columns
        self.nonzeros = nonzeros
        self.mapping = mapping
        self.labels = labels
        self.classCounts = classCounts
        self.constantColumns = constantColumns
        self.shards = shards
        self.seed = seed
        self.format = format
        self.warnings = warnings
        self.addedAt = addedAt
    }
}
