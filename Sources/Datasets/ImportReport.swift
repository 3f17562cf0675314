public import Domain

/// What an import found and how it read it.
public struct ImportReport: Hashable, Sendable {
    /// `libsvm`, `csv`, `tsv`, `idx`, `npy`, `npz`.
    public var format: String
    /// How rows will be stored.
    public var layout: RowLayout
    /// Number of rows.
    public var rows: Int
    /// Number of feature columns.
    public var columns: Int
    /// Features that are not 0.
    public var nonzeros: Int
    /// How the source's columns become features.
    public var mapping: ColumnMapping
    /// What the labels are; nil where rows have none that count.
    public var labels: LabelKind?
    /// Rows per class; empty for real labels.
    public var classCounts: [ClassCount]
    /// Feature columns that hold one value only; the first 100,000 of them.
    public var constantColumns: [Int]
    /// Rows that are the same as an earlier one.
    public var duplicateRows: Int
    /// Rows of which every feature is 0.
    public var zeroRows: Int
    /// How it was read, one line each.
    public var remarks: [String]
    /// What its owner should know, one line each.
    public var warnings: [String]

    /// A report with all its fields.
    public init(
        format: String,
        layout: RowLayout,
        rows: Int,
        columns: Int,
        nonzeros: Int,
        mapping: ColumnMapping,
        labels: LabelKind?,
        classCounts: [ClassCount],
        constantColumns: [Int],
        duplicateRows: Int,
        zeroRows: Int,
        remarks: [String],
        warnings: [String]
    ) {
        self.format = format
        self.layout = layout
        self.rows = rows
        self.columns = columns
        self.nonzeros = nonzeros
        self.mapping = mapping
        self.labels = labels
        self.classCounts = classCounts
        self.constantColumns = constantColumns
        self.duplicateRows = duplicateRows
        self.zeroRows = zeroRows
        self.remarks = remarks
        self.warnings = warnings
    }

    /// What labels are in a shard file.
    public var labelType: ShardLayout.LabelType? {
        switch labels {
        case .classes: .classes
        case .real: .real
        case nil: nil
        }
    }
}
