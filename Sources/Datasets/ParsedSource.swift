internal import Domain

/// All files of an import, parsed and staged; what they mean is not decided yet.
struct ParsedSource {
    var format: ImportOptions.Format
    /// Columns of the source, and how they become features.
    var mapping: ColumnMapping
    /// How staged rows become features.
    var form: StagedRows.Form
    /// The labels, if they count.
    var labels: LabelTable?
    var remarks: [String] = []
    var warnings: [String] = []
}

/// Hears how far reading is; false stops it.
typealias ProgressListener = (ImportProgress) -> Bool

/// Reads files of one form into a staging file.
struct SourceParser {
    let files: [ImportFile]
    let options: ImportOptions
    let staging: StagingWriter
    let totalBytes: Int

    init(
        _ files: [ImportFile],
        options: ImportOptions,
        staging: StagingWriter
    ) throws(DatasetError) {
        self.files = files
        self.options = options
        self.staging = staging
        var total = 0
        for file in files {
            let size = try regularFileSize(file)
            guard size > 0 else {
                throw DatasetError(.emptyDataset, "is empty", file: file.name)
            }
            guard size <= options.limits.bytesMax - total else {
                throw DatasetError(
                    .tooLarge,
                    "has \(size) bytes; at most \(options.limits.bytesMax) are taken in all",
                    file: file.name
                )
            }
            total += size
        }
        totalBytes = total
    }

    /// The labels as the known data have them, or free.
    func labelTable() -> LabelTable {
        let declared = options.classes.map { LabelKind.classes(orderedClasses($0)) }
        return LabelTable(
            known: options.known?.labels ?? declared,
            allowsOneClass: options.allowsOneClass,
            limits: options.limits
        )
    }

    /// Whether the labels count at all.
    var wantsLabels: Bool { options.known.map { $0.labels != nil } ?? true }

    /// Reads everything.
    func parse(_ listener: ProgressListener) throws(DatasetError) -> ParsedSource {
        guard let first = files.first else {
            throw DatasetError(.emptyDataset, "no file was named")
        }
        let found = try DetectedFormat(first, options: options)
        switch found.format {
        case .libsvm: return try parseLIBSVM(listener)
        case .csv, .tsv: return try parseTables(found, listener)
        case .idx: return try parseIDX(listener)
        case .npy, .npz: return try parseArrays(found.format, listener)
        }
    }

    /// Tells how far reading is.
    func report(_ bytes: Int, _ listener: ProgressListener) throws(DatasetError) {
        let progress = ImportProgress(
            phase: .reading,
            bytes: bytes,
            bytesMax: totalBytes,
            rows: staging.rows
        )
        guard listener(progress) else { throw DatasetError(.stopped, "the import was stopped") }
    }

    private func parseLIBSVM(
        _ listener: ProgressListener
    ) throws(DatasetError) -> ParsedSource {
        let known = options.known?.mapping
        if let known, known.columns != nil {
            throw DatasetError(
                .columnsDiffer,
                "is LIBSVM text, and the known data are a table of \(known.count) columns",
                file: files.first?.name
            )
        }
        var labels = labelTable()
        var columns = 0
        var warnings: [String] = []
        var bytesDone = 0
        for file in files {
            var parser = LIBSVMParser(file: file.name, options: options, staging: staging)
            var reader = try BlockReader(file, limits: options.limits)
            while !reader.isAtEnd {
                try reader.fill(line: parser.line)
                try reader.consume { bytes throws(DatasetError) in
                    try parser.consume(bytes, labels: &labels)
                }
                try report(bytesDone + reader.fileBytesRead, listener)
            }
            bytesDone += reader.fileBytesRead
            columns = max(columns, parser.columns)
            if let line = parser.firstUnsorted {
                warnings.append("\(file.name): indices were sorted, first in line \(line)")
            }
        }
        let mapping =
            known
            ?? ColumnMapping(
                columns: nil,
                count: options.columns ?? columns,
                indexBase: options.indexBase ?? 1
            )
        return ParsedSource(
            format: .libsvm,
            mapping: mapping,
            form: .sparse(columns: mapping.count),
            labels: wantsLabels ? labels : nil,
            remarks: ["the first column is number \(mapping.indexBase ?? 1)"],
            warnings: warnings
        )
    }
}
