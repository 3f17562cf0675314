public import Domain

/// A dataset as it is shown to a person; the promised fields of `dataset show`.
public struct DatasetDocument: Codable, Hashable, Sendable {
    /// Its name.
    public var name: DatasetName
    /// Content hash; nil for a dry run, which makes no shards.
    public var version: ContentHash?
    /// Number of rows.
    public var rows: Int
    /// Number of feature columns.
    public var columns: Int
    /// Non-zero values.
    public var nonzeros: Int
    /// Rows per class; empty for real labels.
    public var classes: [ClassCount]
    /// One item per shard and holder.
    public var shards: [Shard]
    /// `classes` or `real`.
    public var labels: String
    /// Whether each shard is one node's own part, whose rows never leave it.
    public var local: Bool
    /// How rows are stored.
    public var layout: RowLayout
    /// How it was read.
    public var reading: Reading
    /// What the import thought worth saying, one line each.
    public var warnings: [String]
    /// When it was added; nil for a dry run.
    public var addedAt: Timestamp?

    /// A dataset with all its fields.
    public init(
        name: DatasetName,
        version: ContentHash? = nil,
        rows: Int,
        columns: Int,
        nonzeros: Int,
        classes: [ClassCount],
        shards: [Shard],
        labels: String,
        local: Bool = false,
        layout: RowLayout,
        reading: Reading,
        warnings: [String],
        addedAt: Timestamp? = nil
    ) {
        self.name = name
        self.version = version
        self.rows = rows
        self.columns = columns
        self.nonzeros = nonzeros
        self.classes = classes
        self.shards = shards
        self.labels = labels
        self.local = local
        self.layout = layout
        self.reading = reading
        self.warnings = warnings
        self.addedAt = addedAt
    }

    /// Encodes promised fields even where they are null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(version, forKey: .version)
        try container.encode(rows, forKey: .rows)
        try container.encode(columns, forKey: .columns)
        try container.encode(nonzeros, forKey: .nonzeros)
        try container.encode(classes, forKey: .classes)
        try container.encode(shards, forKey: .shards)
        try container.encode(labels, forKey: .labels)
        try container.encode(local, forKey: .local)
        try container.encode(layout, forKey: .layout)
        try container.encode(reading, forKey: .reading)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(addedAt, forKey: .addedAt)
    }

    /// One shard on one node.
    public struct Shard: Codable, Hashable, Sendable {
        /// Place among the dataset's shards, from 0.
        public var index: Int
        /// Who holds it.
        public var node: NodeID
        /// Its rows.
        public var rows: Int
        /// Size of the file.
        public var bytes: Int
        /// First holder or spare.
        public var role: Role
        /// Whether the file is there with the right hash, or size where nothing was re-hashed;
        /// nil where the node could not be asked.
        public var intact: Bool?

        /// A shard on a node.
        public init(
            index: Int,
            node: NodeID,
            rows: Int,
            bytes: Int,
            role: Role,
            intact: Bool? = nil
        ) {
            self.index = index
            self.node = node
            self.rows = rows
            self.bytes = bytes
            self.role = role
            self.intact = intact
        }

        /// Encodes promised fields even where they are null.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(index, forKey: .index)
            try container.encode(node, forKey: .node)
            try container.encode(rows, forKey: .rows)
            try container.encode(bytes, forKey: .bytes)
            try container.encode(role, forKey: .role)
            try container.encode(intact, forKey: .intact)
        }

        /// First holder or spare.
        public enum Role: String, Codable, Sendable, CaseIterable {
            /// The first holder.
            case primary
            /// A spare.
            case replica
        }
    }

    /// How a source was read.
    public struct Reading: Codable, Hashable, Sendable {
        /// `libsvm`, `csv`, `tsv`, `idx`, `npy`, `npz`.
        public var format: String
        /// Name of the label column, where it had one.
        public var label: String?
        /// 0 or 1: what LIBSVM text calls its first column.
        public var indexBase: Int?
        /// The source's columns, at most `columnsMax` of them; nil where they have no names.
        public var columns: [Column]?
        /// Number of source columns that are not shown.
        public var columnsOmitted: Int
        /// Height and width of one image.
        public var imageShape: [Int]?

        /// Columns shown at most, so that the line stays short: 500.
        public static let columnsMax = 500

        /// A way to read with all its fields.
        public init(
            format: String,
            label: String? = nil,
            indexBase: Int? = nil,
            columns: [Column]? = nil,
            columnsOmitted: Int,
            imageShape: [Int]? = nil
        ) {
            self.format = format
            self.label = label
            self.indexBase = indexBase
            self.columns = columns
            self.columnsOmitted = columnsOmitted
            self.imageShape = imageShape
        }
    }

    /// One column of the source.
    public struct Column: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Number of texts that became one-hot columns; nil for a column of numbers.
        public var categories: Int?
        /// What stands in for a missing value; nil where missing values are refused.
        public var fill: Float?

        /// A column with all its fields.
        public init(name: String, categories: Int? = nil, fill: Float? = nil) {
            self.name = name
            self.categories = categories
            self.fill = fill
        }
    }
}

extension DatasetDocument {
    /// A committed dataset for a person; `intact` says what is known of a shard on a node.
    public init(
        _ manifest: DatasetManifest,
        intact: (_ index: Int, _ node: NodeID) -> Bool? = { _, _ in nil }
    ) {
        name = manifest.name
        version = manifest.version
        rows = manifest.rows
        columns = manifest.columns
        nonzeros = manifest.nonzeros
        classes = manifest.classCounts
        labels = manifest.labels == .real ? "real" : "classes"
        local = manifest.isLocal
        layout = manifest.layout
        reading = Reading(manifest.mapping, format: manifest.format)
        warnings = manifest.warnings
        addedAt = Timestamp(seconds: manifest.addedAt)
        shards = manifest.shards.flatMap { shard in
            shard.holders.enumerated().map { place, node in
                Shard(
                    index: shard.index,
                    node: node,
                    rows: shard.rows,
                    bytes: shard.bytes,
                    role: place == 0 ? .primary : .replica,
                    intact: intact(shard.index, node)
                )
            }
        }
    }
}

extension DatasetDocument.Reading {
    /// How a mapping reads its source.
    public init(_ mapping: ColumnMapping, format: String) {
        self.format = format
        label = mapping.label
        indexBase = mapping.indexBase
        imageShape = mapping.imageShape
        columns = mapping.columns?.prefix(Self.columnsMax).map {
            DatasetDocument.Column(name: $0.name, categories: $0.categories?.count, fill: $0.fill)
        }
        columnsOmitted = max(0, (mapping.columns?.count ?? 0) - Self.columnsMax)
    }
}
