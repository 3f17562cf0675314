public import Domain

/// Counts: rows, columns, non-zeros, rows per class, constant columns.
public enum DatasetStats: Method {
    /// The wire name.
    public static let name = "dataset.stats"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Which dataset.
    public typealias Params = DatasetShow.Params

    /// The counts.
    public struct Reply: Codable, Hashable, Sendable {
        /// The dataset.
        public var name: DatasetName
        /// Content hash.
        public var version: ContentHash
        /// Number of rows.
        public var rows: Int
        /// Number of feature columns.
        public var columns: Int
        /// Non-zero values.
        public var nonzeros: Int
        /// Non-zero values over all values; 0 for an empty table.
        public var density: Double
        /// Rows per class; empty for real labels.
        public var classes: [ClassCount]
        /// Number of feature columns that hold one value only; nil where nobody may know, for the
        /// rows stay on their nodes.
        public var constantColumns: Int?
        /// Names of the first of them, or numbers from 1 where columns have no names; 100 at most.
        public var constantColumnNames: [String]
        /// How rows are stored.
        public var layout: RowLayout
        /// Size of all shards, counted once.
        public var bytes: Int

        /// Counts with all their fields.
        public init(
            name: DatasetName,
            version: ContentHash,
            rows: Int,
            columns: Int,
            nonzeros: Int,
            density: Double,
            classes: [ClassCount],
            constantColumns: Int?,
            constantColumnNames: [String],
            layout: RowLayout,
            bytes: Int
        ) {
            self.name = name
            self.version = version
            self.rows = rows
            self.columns = columns
            self.nonzeros = nonzeros
            self.density = density
            self.classes = classes
            self.constantColumns = constantColumns
            self.constantColumnNames = constantColumnNames
            self.layout = layout
            self.bytes = bytes
        }
    }
}

extension DatasetStats.Reply {
    /// The counts of a committed dataset.
    public init(_ manifest: DatasetManifest) {
        name = manifest.name
        version = manifest.version
        rows = manifest.rows
        columns = manifest.columns
        nonzeros = manifest.nonzeros
        let values = Double(manifest.rows) * Double(manifest.columns)
        density = values > 0 ? Double(manifest.nonzeros) / values : 0
        classes = manifest.classCounts
        constantColumns = manifest.isLocal ? nil : manifest.constantColumns.count
        let names = manifest.mapping.featureNames
        constantColumnNames = manifest.constantColumns.prefix(100).map { index in
            names.flatMap { index < $0.count ? $0[index] : nil } ?? "\(index + 1)"
        }
        layout = manifest.layout
        bytes = manifest.shards.reduce(0) { $0 + $1.bytes }
    }
}

extension ColumnMapping {
    /// A name per feature column, `column=category` for one-hot ones; nil where there are none.
    public var featureNames: [String]? {
        columns?.flatMap { column in
            column.categories?.map { "\(column.name)=\($0)" } ?? [column.name]
        }
    }
}
