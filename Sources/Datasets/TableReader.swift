internal import Domain

/// Reads the rows of tables into the staging file, by a plan.
struct TableReader {
    /// Texts of each place of the staged row that holds text.
    private(set) var texts: [TextTable]
    /// Fields of each place that were missing.
    private(set) var missing: [Int]
    /// Sums of the present numbers of each place; only where a mean is to stand for missing ones.
    private(set) var sums: [Double]
    /// Line that the text at hand begins with.
    private(set) var line = 1

    private let plan: TablePlan
    private let options: ImportOptions
    private let staging: StagingWriter
    private var file = ""
    private var scanner: FieldScanner
    private var row: [Float]
    private var label = StagedLabel.none
    private let known: [SourceColumn]?
    private let wantsSums: Bool
    /// Where the run of number columns ends that each column is in, the last column left out; a
    /// column that is in none ends before itself.
    private let runEnds: [Int]

    init(plan: TablePlan, options: ImportOptions, staging: StagingWriter) {
        self.plan = plan
        self.options = options
        self.staging = staging
        let width = plan.kept.count
        row = [Float](repeating: 0, count: width)
        texts = [TextTable](repeating: TextTable(), count: width)
        missing = [Int](repeating: 0, count: width)
        sums = [Double](repeating: 0, count: width)
        known = options.known?.mapping.columns
        wantsSums = options.missing == .mean
        runEnds = plan.runEnds
        scanner = FieldScanner(delimiter: plan.delimiter, file: "", limits: options.limits)
        for (slot, column) in (known ?? []).enumerated() {
            for category in column.categories ?? [] { _ = texts[slot].number(of: category) }
        }
    }

    /// Begins another file with the same columns.
    mutating func begin(file name: String) {
        file = name
        line = 1
        scanner = FieldScanner(delimiter: plan.delimiter, file: name, limits: options.limits)
    }

    /// Reads the whole rows of `bytes` and returns their length.
    ///
    /// `skippingRows` are read and not kept: a header.
    mutating func consume(
        _ bytes: Span<UInt8>,
        isLast: Bool,
        skippingRows skipped: inout Int,
        labels: inout LabelTable
    ) throws(DatasetError) -> Int {
        let end = lastLineEnd(bytes)
        var position = 0
        while position < end {
            if let next = skipLineWithoutRow(bytes, from: position, delimiter: plan.delimiter) {
                position = next
                line += 1
                continue
            }
            let start = position
            scanner.startRow()
            let isWhole =
                skipped > 0
                ? try skipRow(bytes, at: &position, end: end)
                : try readRow(bytes, at: &position, end: end, labels: &labels)
            guard isWhole else {
                if isLast { throw unclosedQuote(file, line: line) }
                return start
            }
            if skipped > 0 { skipped -= 1 } else { try stageRow() }
            position += bytes[position] == newline ? 1 : 2
            line += 1 + scanner.innerLines
        }
        return end
    }

    private func stageRow() throws(DatasetError) {
        try row.withUnsafeBufferPointer { values throws(DatasetError) in
            try staging.appendTable(label, values)
        }
    }

    private mutating func skipRow(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        end: Int
    ) throws(DatasetError) -> Bool {
        while true {
            let field = try scanner.next(bytes, at: &position, end: end, line: line, column: 1)
            if case .incomplete = field { return false }
            if try scanner.endsRow(bytes, at: position, line: line) { return true }
            position += 1
        }
    }

    /// Reads one row and moves to its line end; false where a quote is not closed yet.
    private mutating func readRow(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        end: Int,
        labels: inout LabelTable
    ) throws(DatasetError) -> Bool {
        let last = plan.roles.count - 1
        var column = 0
        while true {
            if !wantsSums, column < runEnds[column] {
                readPlainRun(bytes, at: &position, column: &column)
            }
            if case .number(let slot) = plan.roles[column],
                readPlainNumber(bytes, at: &position, slot: slot)
            {
                // The common case is done.
            } else if try !readField(bytes, at: &position, end: end, column, labels: &labels) {
                return false
            }
            let isEnd = try scanner.endsRow(bytes, at: position, line: line + scanner.innerLines)
            if isEnd {
                guard column == last else { throw ragged(fields: column + 1) }
                return true
            }
            guard column < last else { throw try tooManyFields(bytes, position, end) }
            position &+= 1
            column &+= 1
        }
    }

    /// Reads fields that are plain numbers with the separator right behind them, as long as one
    /// follows another.
    private mutating func readPlainRun(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        column: inout Int
    ) {
        guard case .number(let first) = plan.roles[column] else { return }
        let end = runEnds[column]
        let delimiter = scanner.delimiter
        let firstColumn = column
        var (from, next) = (position, column)
        bytes.withUnsafeBufferPointer { text in
            row.withUnsafeMutableBufferPointer { row in
                guard let start = text.baseAddress, let row = row.baseAddress else { return }
                while next < end {
                    var i = from
                    if start[i] == 0x20 { i &+= 1 }
                    guard let value = parsePlainNumber(start, text.count, at: &i),
                        start[i] == delimiter
                    else { break }
                    row[first &+ next &- firstColumn] = value
                    next &+= 1
                    from = i &+ 1
                }
            }
        }
        (position, column) = (from, next)
    }

    /// Reads a field that is an unquoted number; else leaves `position` where it is.
    @inline(__always)
    private mutating func readPlainNumber(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        slot: Int
    ) -> Bool {
        var i = position
        while scanner.isBlank(bytes[i]) { i &+= 1 }
        guard let value = parseNumber(bytes, at: &i) else { return false }
        while scanner.isBlank(bytes[i]) { i &+= 1 }
        guard scanner.endsField(bytes[i]) else { return false }
        row[slot] = value
        if wantsSums { sums[slot] += Double(value) }
        position = i
        return true
    }

    private mutating func readField(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        end: Int,
        _ column: Int,
        labels: inout LabelTable
    ) throws(DatasetError) -> Bool {
        let field = try scanner.next(
            bytes,
            at: &position,
            end: end,
            line: line,
            column: column + 1
        )
        switch field {
        case .incomplete: return false
        case .plain(let range): try take(bytes, range, column, labels: &labels)
        case .unescaped:
            let contents = scanner.contents
            try take(contents.span, 0..<contents.count, column, labels: &labels)
        }
        return true
    }

    private mutating func take(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        _ column: Int,
        labels: inout LabelTable
    ) throws(DatasetError) {
        switch plan.roles[column] {
        case .skipped: break
        case .label:
            if isMissing(bytes, range) {
                throw place(column).with(.missingLabel, "the label is missing")
            }
            label = try labels.add(bytes, range) { place(column) }
        case .number(let slot):
            if try takeMissing(bytes, range, slot: slot, column) { return }
            let text = string(bytes, range)
            guard let value = number(text) else {
                let problem = numberProblem(text)
                throw place(column).with(
                    problem.code,
                    problem.reason + " (column '\(shortened(plan.names[column]))')",
                    hint: "--drop \(shortened(plan.names[column])) leaves the column out"
                )
            }
            row[slot] = value
            sums[slot] += Double(value)
        case .text(let slot):
            let found = texts[slot].find(bytes, range)
            if found >= 0 {
                row[slot] = Float(found)
            } else if try !takeMissing(bytes, range, slot: slot, column) {
                row[slot] = Float(try newCategory(bytes, range, slot: slot, column))
            }
        }
    }
}

extension TablePlan {
    /// For each column where the run of number columns that it is in ends, before the last column.
    fileprivate var runEnds: [Int] {
        var ends = Array(roles.indices)
        for column in roles.indices.dropLast().reversed() {
            guard case .number = roles[column] else { continue }
            ends[column] = max(column + 1, ends[column + 1])
        }
        return ends
    }
}

extension TableReader {
    private func place(_ column: Int) -> DatasetError {
        DatasetError(
            .badNumber,
            "",
            file: file,
            line: line + scanner.innerLines,
            column: column + 1
        )
    }

    /// Whether the field is missing, and may be.
    private mutating func takeMissing(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        slot: Int,
        _ column: Int
    ) throws(DatasetError) -> Bool {
        guard isMissing(bytes, range) else { return false }
        let isAllowed = known.map { $0[slot].fill != nil } ?? (options.missing != nil)
        guard isAllowed else {
            let text = range.isEmpty ? "is empty" : "is '\(string(bytes, range))'"
            let isKnown = known != nil
            throw place(column).with(
                .missingValue,
                "the value of '\(shortened(plan.names[column]))' \(text)",
                hint: isKnown
                    ? "the known data were read without a stand-in for missing values"
                    : "--missing mean or --missing zero puts something in its place"
            )
        }
        row[slot] = .nan
        missing[slot] += 1
        return true
    }

    private mutating func newCategory(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        slot: Int,
        _ column: Int
    ) throws(DatasetError) -> Int {
        let name = shortened(plan.names[column])
        guard known == nil else {
            throw place(column).with(
                .unknownCategory,
                "'\(shortened(string(bytes, range)))' is none of the known categories of '\(name)'"
                    + ": \(list(texts[slot].texts))"
            )
        }
        guard texts[slot].count < options.limits.categoriesMax else {
            throw place(column).with(
                .tooManyCategories,
                "'\(name)' has more than \(options.limits.categoriesMax) different texts",
                hint: "--drop \(name) leaves the column out"
            )
        }
        return texts[slot].insert(bytes, range)
    }

    private func ragged(fields: Int) -> DatasetError {
        DatasetError(
            .raggedRow,
            "the row has \(fields) fields where \(plan.roles.count) are expected",
            file: file,
            line: line,
            column: min(fields, plan.roles.count + 1),
            hint: "a field that contains the separator stands in double quotes"
        )
    }

    /// Counts the surplus fields for the message.
    private mutating func tooManyFields(
        _ bytes: Span<UInt8>,
        _ position: Int,
        _ end: Int
    ) throws(DatasetError) -> DatasetError {
        var i = position
        var fields = plan.roles.count
        while try !scanner.endsRow(bytes, at: i, line: line) {
            i += 1
            fields += 1
            let field = try scanner.next(bytes, at: &i, end: end, line: line, column: fields)
            if case .incomplete = field { break }
        }
        var error = ragged(fields: fields)
        error.column = plan.roles.count + 1
        return error
    }
}
