public import Domain

/// One file to read, opened by whoever owns it.
public struct ImportFile: Hashable, Sendable {
    /// How its owner named it; for messages, never opened.
    public var name: String
    /// An open regular file; read by offset, so its position does not matter and does not change.
    public var descriptor: Int32

    /// A file with its name.
    public init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }
}

/// How a source is to be read; nil leaves it to what is found.
public struct ImportOptions: Hashable, Sendable {
    /// The form of the files.
    public var format: Format?
    /// The label column by name, or by number from 1 (negative: from the end).
    public var label: String?
    /// Whether the first line names the columns.
    public var header: Bool?
    /// Columns to leave out, by name or number.
    public var drop: [String] = []
    /// The only columns to take beside the label, by name or number; empty takes all.
    public var only: [String] = []
    /// What becomes of missing values; nil refuses them.
    public var missing: Missing?
    /// What LIBSVM text calls its first column, 0 or 1; nil is 1 and refuses a 0.
    public var indexBase: Int?
    /// All classes there are, where a file may lack some; nil finds them in the rows.
    public var classes: [String]?
    /// Columns of LIBSVM text, where a file may lack the last ones; nil finds them in the rows.
    public var columns: Int?
    /// Whether all rows may have one class, as those of a part may.
    public var allowsOneClass = false
    /// Present values that a mean needs before it may stand for the missing ones.
    public var meanRowsMin = 0
    /// Whether it may be told of values that they are all bytes, where the files' form does not
    /// say so.
    public var tellsBytes = true
    /// How rows are to be stored; nil leaves it to their values.
    public var layout: RowLayout?
    /// Columns and classes that the data must have.
    public var known: KnownColumns?
    /// Bounds on what is read.
    public var limits = ImportLimits()

    /// Leaves everything to what is found.
    public init() {}

    /// The form of a file.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// Lines of `label index:value …`.
        case libsvm
        /// Comma-separated values; semicolons where the first line has no comma.
        case csv
        /// Tab-separated values.
        case tsv
        /// Pairs of IDX files, images and labels.
        case idx
        /// Pairs of NumPy arrays, features and labels.
        case npy
        /// Zip files of NumPy arrays, or of a scipy matrix of compressed rows.
        case npz
    }

    /// What becomes of a missing value: an empty field, `?`, `NA`, `N/A`, `nan` or `null`.
    ///
    /// In a column of text it is none of the categories: all of its one-hot columns are 0.
    public enum Missing: String, Hashable, Sendable, CaseIterable {
        /// The mean of the column's present values.
        case mean
        /// Zero.
        case zero
    }
}

/// The columns and labels of a dataset or model that new data are read for.
///
/// Columns are matched by name where the new data have a header, else by place. Data with other
/// columns, categories or classes are refused.
public struct KnownColumns: Hashable, Sendable {
    /// How the earlier source's columns became features.
    public var mapping: ColumnMapping
    /// The earlier labels; nil ignores whatever labels the new data have.
    public var labels: LabelKind?

    /// Columns and labels that new data must have.
    public init(mapping: ColumnMapping, labels: LabelKind?) {
        self.mapping = mapping
        self.labels = labels
    }
}

/// Bounds on what is read, so that no file can exhaust the machine.
public struct ImportLimits: Hashable, Sendable {
    /// Longest line, in bytes.
    public var lineBytesMax = 64 << 20
    /// Longest field of a table, in bytes.
    public var fieldBytesMax = 1 << 20
    /// Columns of a table.
    public var tableColumnsMax = 100_000
    /// Feature columns: more than any public set of text has, and 128 MiB of parameters.
    public var columnsMax = 1 << 25
    /// Rows.
    public var rowsMax = 200_000_000
    /// Distinct texts of one column.
    public var categoriesMax = 1_000
    /// Distinct classes.
    public var classesMax = 1_000
    /// Bytes of all files together, after inflating.
    public var bytesMax = 1 << 40
    /// Inflated bytes for each compressed byte, once `ratioFreeBytes` have come out.
    public var ratioMax = 1_000
    /// Inflated bytes before the ratio counts: short files of one letter are no attack.
    public var ratioFreeBytes = 8 << 20
    /// Bytes of memory in which an array in Fortran's order is turned.
    public var turnedBytesMax = 256 << 20

    /// The bounds as they are without a quota.
    public init() {}
}

/// How far an import is.
public struct ImportProgress: Hashable, Sendable {
    /// What is being done.
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        /// The files are read and checked.
        case reading
        /// Shards are written.
        case sharding
    }

    /// What is being done.
    public var phase: Phase
    /// Bytes of the files read, or of the shards written.
    public var bytes: Int
    /// Bytes there are in this phase.
    public var bytesMax: Int
    /// Rows so far.
    public var rows: Int

    /// A point with all its fields.
    public init(phase: Phase, bytes: Int, bytesMax: Int, rows: Int) {
        self.phase = phase
        self.bytes = bytes
        self.bytesMax = bytesMax
        self.rows = rows
    }
}
