/// Why data were refused, or could not be read or written.
///
/// Nothing partial remains to be used after it: the caller drops what was staged or written and
/// shows the line, with the hint, to whoever named the file.
public struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as a word that programs can rely on.
    public var code: Code
    /// The file as its owner named it; nil where no file is to blame.
    public var file: String?
    /// The line, counted from 1.
    public var line: Int?
    /// Counted from 1: the column of a table, the byte of the line in other text.
    public var column: Int?
    /// What is wrong, in words.
    public var reason: String
    /// What to do about it, where there is something.
    public var hint: String?

    /// A refusal with its place.
    public init(
        _ code: Code,
        _ reason: String,
        file: String? = nil,
        line: Int? = nil,
        column: Int? = nil,
        hint: String? = nil
    ) {
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason
        self.hint = hint
    }

    /// One line for the operator: place and reason, without the hint.
    public var description: String {
        var text = ""
        if let file { text += "\(file): " }
        if let line { text += "line \(line)" }
        if let column { text += line == nil ? "column \(column)" : ", column \(column)" }
        if line != nil || column != nil { text += ": " }
        return text + reason
    }

    /// The words for what is wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        // The file as such.
        case emptyDataset = "empty_dataset"
        case notRegularFile = "not_regular_file"
        case fileChanged = "file_changed"
        case readFailed = "read_failed"
        case tooLarge = "too_large"
        case unknownFormat = "unknown_format"
        case unsupportedCompression = "unsupported_compression"
        case gzipTruncated = "gzip_truncated"
        case gzipTrailingBytes = "gzip_trailing_bytes"
        case gzipCorrupt = "gzip_corrupt"
        case gzipRatio = "gzip_ratio"

        // Text.
        case notUTF8 = "not_utf8"
        case loneCarriageReturn = "lone_cr"
        case lineTooLong = "line_too_long"
        case fieldTooLong = "field_too_long"
        case raggedRow = "ragged_row"
        case unclosedQuote = "unclosed_quote"
        case badQuote = "bad_quote"

        // Values.
        case badNumber = "bad_number"
        case notFinite = "not_finite"
        case outOfRange = "out_of_range"
        case missingValue = "missing_value"

        // Labels.
        case missingLabel = "missing_label"
        case badLabel = "bad_label"
        case multiLabel = "multi_label"
        case singleClass = "single_class"
        case tooManyClasses = "too_many_classes"
        case unknownClass = "unknown_class"

        // Columns.
        case unknownColumn = "unknown_column"
        case duplicateColumn = "duplicate_column"
        case noFeatures = "no_features"
        case tooManyColumns = "too_many_columns"
        case tooManyRows = "too_many_rows"
        case tooManyCategories = "too_many_categories"
        case unknownCategory = "unknown_category"
        case columnsDiffer = "columns_differ"

        // LIBSVM text.
        case badEntry = "bad_entry"
        case badIndex = "bad_index"
        case indexZero = "index_zero"
        case indexTooLarge = "index_too_large"
        case duplicateIndex = "duplicate_index"
        case queryUnsupported = "qid_unsupported"

        // IDX files.
        case idxPair = "idx_pair"
        case idxType = "idx_type"
        case idxTruncated = "idx_truncated"
        case idxTrailingBytes = "idx_trailing_bytes"
        case idxCount = "idx_count"

        // NumPy arrays, and the zip archives that hold several.
        case npyHeader = "npy_header"
        case npyType = "npy_type"
        case npyTruncated = "npy_truncated"
        case npyTrailingBytes = "npy_trailing_bytes"
        case npyShape = "npy_shape"
        case npyOrder = "npy_order"
        case npyPair = "npy_pair"
        case npzArrays = "npz_arrays"
        case zipCorrupt = "zip_corrupt"
        case zipRatio = "zip_ratio"

        // What we keep.
        case noSpace = "no_space"
        case writeFailed = "write_failed"
        case dataCorrupt = "data_corrupt"
        case stopped = "stopped"
    }
}
