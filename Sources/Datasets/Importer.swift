internal import Domain

/// Reads files, checks every value, and stages the rows for shards to be made of them.
///
/// Memory stays bounded whatever the files' size: a block of text, at most one line or field at
/// its limit, the distinct texts of each column, and 2 to 18 bytes a row.
public enum Importer {
    /// Reads `files` into `staging`, an empty regular file open for reading and writing.
    ///
    /// `progress` hears of every block and returns false to stop.
    /// - Throws: `DatasetError` with the place of the first thing that is wrong.
    public static func read(
        _ files: [ImportFile],
        options: ImportOptions,
        staging: Int32,
        progress: (ImportProgress) -> Bool = { _ in true }
    ) throws(DatasetError) -> StagedDataset {
        let writer = StagingWriter(descriptor: staging, limits: options.limits)
        let parser = try SourceParser(files, options: options, staging: writer)
        let source = try parser.parse(progress)
        guard writer.rows > 0 else {
            throw DatasetError(.emptyDataset, "has no rows", file: files.first?.name)
        }
        guard source.mapping.count > 0 else {
            throw DatasetError(.noFeatures, "no row has a feature", file: files.first?.name)
        }
        do {
            let rows = try StagedRows(writer, descriptor: staging, form: source.form)
            return try StagedDataset(source, rows, options)
        } catch {
            guard error.file == nil, error.code == .singleClass else { throw error }
            var named = error
            named.file = files.first?.name
            throw named
        }
    }

    /// Reads and parses `files` and forgets the rows: for measuring how fast that is.
    /// - Returns: The number of rows.
    public static func parseOnly(
        _ files: [ImportFile],
        options: ImportOptions,
        staging: Int32
    ) throws(DatasetError) -> Int {
        let writer = StagingWriter(descriptor: staging, limits: options.limits)
        _ = try SourceParser(files, options: options, staging: writer).parse { _ in true }
        try writer.flush()
        return writer.rows
    }
}

/// Rows that were read and checked, of which shards can be made; owns nothing but memory and a map
/// of the staging file.
public final class StagedDataset {
    /// What was found.
    public private(set) var report: ImportReport

    let rows: StagedRows
    /// Class of every row; empty where labels are real or none.
    let classes: [UInt16]

    init(
        _ source: ParsedSource,
        _ rows: StagedRows,
        _ options: ImportOptions
    ) throws(DatasetError) {
        self.rows = rows
        let labels = try source.labels?.resolve(rows: rows.rows)
        var classes: [UInt16] = []
        var counts: [ClassCount] = []
        if case .classes(let names) = labels?.kind, let map = labels?.classOfCode {
            classes.reserveCapacity(rows.rows)
            var tally = [Int](repeating: 0, count: names.count)
            for row in 0..<rows.rows {
                let number = Int(map[Int(rows.label(row).code)])
                tally[number] += 1
                classes.append(UInt16(number))
            }
            counts = zip(names, tally).map { ClassCount(label: $0, count: $1) }
        }
        self.classes = classes
        let statistics = Statistics(rows)
        let areBytes =
            statistics.areBytes && rows.divisor == source.mapping.divisor
            && (rows.areBytes || options.tellsBytes)
        report = ImportReport(
            source,
            rows: rows.rows,
            labels: labels?.kind,
            classCounts: counts,
            statistics
        )
        let layout = options.layout ?? source.layout(rows: rows.rows, statistics.nonzeros)
        report.layout = layout.isSparse ? .sparse : layout == .dense || !areBytes ? .dense : .bytes
    }
}

extension ImportReport {
    fileprivate init(
        _ source: ParsedSource,
        rows: Int,
        labels: LabelKind?,
        classCounts: [ClassCount],
        _ statistics: Statistics
    ) {
        let columns = source.mapping.count
        self.init(
            format: source.format.rawValue,
            layout: .dense,
            rows: rows,
            columns: columns,
            nonzeros: statistics.nonzeros,
            mapping: source.mapping,
            labels: labels,
            classCounts: classCounts,
            constantColumns: statistics.constantColumns,
            duplicateRows: statistics.duplicateRows,
            zeroRows: statistics.zeroRows,
            remarks: ["read as \(source.format.rawValue)"] + source.remarks,
            warnings: source.warnings
        )
        switch labels {
        case .classes(let names): remarks.append("\(names.count) classes: \(list(names))")
        case .real: remarks.append("labels are real values")
        case nil: remarks.append("labels are not used")
        }
        warnings += statistics.warnings(columns: columns)
        for count in classCounts where count.count == 1 {
            warnings.append("class '\(shortened(count.label))' has one row only")
        }
    }
}

extension ParsedSource {
    /// Sparse only where it is large and mostly zeros; else of bytes, if they are.
    ///
    /// A table of at most 256 features never is, because centring its columns needs all values,
    /// and images never are.
    fileprivate func layout(rows: Int, _ nonzeros: Int) -> RowLayout {
        switch form {
        case .bytes: return .bytes
        case .table where mapping.count <= 256 || mapping.imageShape != nil: return .bytes
        case .table, .sparse:
            return nonzeros >= rows * mapping.count / 4 ? .bytes : .sparse
        }
    }
}

extension Statistics {
    fileprivate func warnings(columns: Int) -> [String] {
        var lines: [String] = []
        if duplicateRows > 0 {
            let bound = isDuplicateCountComplete ? "" : "at least "
            lines.append("\(bound)\(duplicateRows) rows are the same as an earlier one")
        }
        if zeroRows > 0 { lines.append("\(zeroRows) rows have no feature other than 0") }
        if constantCount > 0 {
            lines.append("\(constantCount) of \(columns) columns hold one value only")
        }
        return lines
    }
}
