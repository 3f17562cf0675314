internal import Domain

extension SourceParser {
    /// Reads scipy matrices of compressed rows.
    func parseSparse(
        _ parts: [ArrayPart],
        columns: Int,
        _ listener: ProgressListener
    ) throws(DatasetError) -> ParsedSource {
        let known = options.known?.mapping
        if let known, known.columns != nil || known.imageShape != nil || known.count != columns {
            throw DatasetError(
                .columnsDiffer,
                "is a sparse matrix of \(columns) columns, and the known data have "
                    + "\(known.count)\(known.columns == nil ? "" : " with names")",
                file: parts.first?.name
            )
        }
        var labels = ArrayLabels(labelTable())
        var warnings: [String] = []
        var done = 0
        for part in parts {
            guard case .sparse(let arrays) = part.features, arrays.columns == columns else {
                throw DatasetError(
                    .columnsDiffer,
                    "is no sparse matrix of \(columns) columns, as \(parts[0].name) is",
                    file: part.name
                )
            }
            var reader = SparseReader(arrays, options: options, staging: staging)
            var labelArray = part.labels
            while reader.rowsLeft > 0 {
                let count = try reader.prepare()
                let staged = try labels.read(count, of: &labelArray, limits: options.limits)
                try reader.stage(staged)
                let read = reader.arrays.fileBytesRead + (labelArray?.fileBytesRead ?? 0)
                try report(done + read, listener)
            }
            try reader.finish()
            try labelArray?.finish()
            done += reader.arrays.fileBytesRead + (labelArray?.fileBytesRead ?? 0)
            if let row = reader.firstUnsorted {
                warnings.append("\(part.name): columns were sorted, first in row [\(row)]")
            }
        }
        return ParsedSource(
            format: .npz,
            mapping: known ?? ColumnMapping(columns: nil, count: columns),
            form: .sparse(columns: columns),
            labels: wantsLabels ? labels.table : nil,
            remarks: ["a sparse matrix of \(columns) columns"],
            warnings: warnings
        )
    }
}

/// Stages the rows of one sparse matrix, a block at a time.
private struct SparseReader {
    private(set) var arrays: SparseArrays
    /// First row whose columns had to be sorted.
    private(set) var firstUnsorted: Int?
    private let options: ImportOptions
    private let staging: StagingWriter
    private var row = 0
    private var start = 0
    private var hasBegun = false
    /// Where the rows at hand end, as entries of the whole matrix.
    private var ends: [Int] = []
    /// Ends that were read and not taken yet.
    private var waiting: ArraySlice<Int> = []

    init(_ arrays: SparseArrays, options: ImportOptions, staging: StagingWriter) {
        self.arrays = arrays
        self.options = options
        self.staging = staging
    }

    var rowsLeft: Int { arrays.rows - row }

    /// Decides which rows come next: as many as have some 64 Ki entries, at least one.
    mutating func prepare() throws(DatasetError) -> Int {
        if !hasBegun {
            hasBegun = true
            guard try readEnds(1) == [0] else { throw problem("does not begin with 0") }
        }
        if waiting.isEmpty { waiting = try readEnds(min(rowsLeft, 1 << 14))[...] }
        ends = []
        var previous = start
        while let end = waiting.first, ends.isEmpty || end - start <= 1 << 16 {
            guard end >= previous, end <= arrays.indices.rows else {
                throw problem("is not rising to the number of entries at [\(row + ends.count + 1)]")
            }
            guard end - previous <= arrays.columns else {
                throw problem("gives row [\(row + ends.count)] more entries than columns")
            }
            ends.append(end)
            previous = end
            waiting.removeFirst()
        }
        return ends.count
    }

    private mutating func readEnds(_ count: Int) throws(DatasetError) -> [Int] {
        let element = arrays.starts.header.element
        let bytes = try arrays.starts.read(count, limits: options.limits)
        let numbers = bytes.withUnsafeBytes { all in
            (0..<count).compactMap { element.wholeNumber(all, at: $0) }
        }
        guard numbers.count == count else { throw problem("has elements that are no indices") }
        return numbers
    }

    private func problem(_ reason: String) -> DatasetError {
        DatasetError(.npyShape, reason, file: arrays.starts.name)
    }

    /// Stages the rows that were prepared.
    mutating func stage(_ labels: [StagedLabel]) throws(DatasetError) {
        let count = (ends.last ?? start) - start
        let indexBytes = try arrays.indices.read(count, limits: options.limits)
        let valueBytes = try arrays.values.read(count, limits: options.limits)
        var values = [Float](repeating: 0, count: count)
        let element = arrays.values.header.element
        guard element.isNumber else {
            throw DatasetError(.npyType, "has values that are texts", file: arrays.values.name)
        }
        let bad = values.withUnsafeMutableBufferPointer { target in
            valueBytes.withUnsafeBytes { element.convert($0, into: target) }
        }
        if let bad {
            let shown = valueBytes.withUnsafeBytes { element.real($0, at: bad) }
            throw DatasetError(
                .notFinite,
                "element [\(start + bad)] is \(shown)",
                file: arrays.values.name
            )
        }
        let base = start
        for (number, end) in ends.enumerated() {
            let range = start - base..<end - base
            let entries = try sorted(indexBytes, values, range)
            let label = labels.isEmpty ? .none : labels[number]
            try staging.appendSparse(label, entries.columns, entries.values)
            start = end
            row += 1
        }
    }

    /// The entries of one row by rising column, without zeros.
    private mutating func sorted(
        _ indexBytes: [UInt8],
        _ values: [Float],
        _ range: Range<Int>
    ) throws(DatasetError) -> (columns: [Int32], values: [Float]) {
        let element = arrays.indices.header.element
        var entries: [(column: Int32, value: Float)] = []
        entries.reserveCapacity(range.count)
        var isSorted = true
        for i in range {
            guard let column = indexBytes.withUnsafeBytes({ element.wholeNumber($0, at: i) }),
                column >= 0, column < arrays.columns
            else {
                throw DatasetError(
                    .badIndex,
                    "row [\(row)] has an entry outside of the \(arrays.columns) columns",
                    file: arrays.indices.name
                )
            }
            if let last = entries.last, last.column >= Int32(column) { isSorted = false }
            entries.append((Int32(column), values[i]))
        }
        if !isSorted {
            if firstUnsorted == nil { firstUnsorted = row }
            entries.sort { $0.column < $1.column }
            for (left, right) in zip(entries, entries.dropFirst())
            where left.column == right.column {
                throw DatasetError(
                    .duplicateIndex,
                    "row [\(row)] has column \(left.column) twice",
                    file: arrays.indices.name,
                    hint: "matrix.sum_duplicates() adds them up"
                )
            }
        }
        entries.removeAll { $0.value == 0 }
        return (entries.map(\.column), entries.map(\.value))
    }

    /// Checks that nothing is left over.
    mutating func finish() throws(DatasetError) {
        guard start == arrays.indices.rows else {
            throw problem("ends with \(start), and there are \(arrays.indices.rows) entries")
        }
        try arrays.starts.finish()
        try arrays.indices.finish()
        try arrays.values.finish()
    }
}
