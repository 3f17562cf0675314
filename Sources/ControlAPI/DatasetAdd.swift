public import Domain

/// Imports files: reads, checks, shards and replicates them; or only says what it would do.
///
/// The descriptors of the files ride with the request, in the order of `files`; all of them are
/// regular files, opened by the caller with the caller's rights.
public enum DatasetAdd: StreamMethod {
    /// The wire name.
    public static let name = "dataset.add"
    /// The least role that may call it.
    public static let role = Role.member
    /// One per file.
    public static let descriptors = 1...16
    /// The document is that of `dataset show`.
    public static let kind = "dataset show"
    /// It reads all of the data.
    public static let silenceSecondsMax = 3600

    /// What to read, and how.
    public struct Params: Codable, Sendable {
        /// What to call it.
        public var name: DatasetName
        /// The files as the caller named them, for messages; `-` for standard input.
        public var files: [String]
        /// How to read them.
        public var reading: ReadingOptions
        /// Nodes that hold each shard; nil takes the configured number.
        public var replicas: Int?
        /// Whether the rows stay on this node, as its part of the dataset.
        public var isLocal: Bool
        /// Whether names that stand in local rows (categories, classes) may be told to other nodes.
        public var shareRows: Bool
        /// Whether to stop once everything has been read and checked.
        public var dryRun: Bool

        /// Asks for an import.
        public init(
            name: DatasetName,
            files: [String],
            reading: ReadingOptions,
            replicas: Int? = nil,
            isLocal: Bool = false,
            shareRows: Bool = false,
            dryRun: Bool
        ) {
            self.name = name
            self.files = files
            self.reading = reading
            self.replicas = replicas
            self.isLocal = isLocal
            self.shareRows = shareRows
            self.dryRun = dryRun
        }
    }

    /// What was found and how it was read.
    public typealias Reply = DatasetDocument

    /// How far the import is.
    public struct Item: Codable, Hashable, Sendable {
        /// What is being done: `reading`, `sharding`, `sending`.
        public var phase: String
        /// Bytes dealt with in this phase.
        public var bytes: Int
        /// Bytes in all of this phase; nil where unknown.
        public var bytesMax: Int?
        /// Rows so far.
        public var rows: Int

        /// A point of the import.
        public init(phase: String, bytes: Int, bytesMax: Int? = nil, rows: Int) {
            self.phase = phase
            self.bytes = bytes
            self.bytesMax = bytesMax
            self.rows = rows
        }
    }
}

/// How a source is to be read; nil leaves it to what is found.
public struct ReadingOptions: Codable, Hashable, Sendable {
    /// The form of a file.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// Lines of `label index:value …`.
        case libsvm
        /// Comma-separated values.
        case csv
        /// Tab-separated values.
        case tsv
        /// A pair of IDX files, images and labels.
        case idx
        /// A pair of NumPy arrays, features and labels.
        case npy
        /// A zip file of NumPy arrays, or of a scipy matrix of compressed rows.
        case npz
    }

    /// What becomes of missing values.
    public enum Missing: String, Codable, Sendable, CaseIterable {
        /// The column's mean.
        case mean
        /// Zero.
        case zero
    }

    /// The form; nil looks at the contents.
    public var format: Format?
    /// The label column by name, or by number from 1 (negative: from the end); nil takes the one
    /// called `label`, `class`, `target` or `y`, else the last.
    public var label: String?
    /// Whether the first line names the columns; nil looks at it.
    public var header: Bool?
    /// Columns to leave out, by name or number.
    public var drop: [String]
    /// The only columns to take beside the label, by name or number; empty takes all.
    public var only: [String]
    /// What becomes of missing values; nil refuses them.
    public var missing: Missing?
    /// What LIBSVM text calls its first column, 0 or 1; nil is 1 and refuses a 0.
    public var indexBase: Int?
    /// All classes there are; nil finds them in the rows.
    public var classes: [String]?
    /// Columns of LIBSVM text; nil finds them in the rows.
    public var columns: Int?
    /// A dataset whose columns, categories and classes must be used again.
    public var like: DatasetName?

    /// Leaves everything to what is found.
    public init() {
        drop = []
        only = []
    }
}
