internal import Domain

extension TablePlan {
    /// Decides how to read a table whose columns must be those of `known`.
    ///
    /// Names are matched where the first row has them, in any order; else places.
    init(
        _ survey: TableSurvey,
        delimiter: UInt8,
        file: String,
        matching known: KnownColumns,
        options: ImportOptions
    ) throws(DatasetError) {
        guard let first = survey.rows.first else {
            throw DatasetError(.emptyDataset, "has no rows", file: file)
        }
        guard let columns = known.mapping.columns else {
            throw DatasetError(
                .columnsDiffer,
                "is a table, and the known data have \(known.mapping.count) columns without names",
                file: file
            )
        }
        let match = KnownMatch(known.mapping, columns)
        hasHeader = options.header ?? match.isHeader(first, below: survey.rows.dropFirst())
        guard !hasHeader || survey.rows.count > 1 else {
            throw DatasetError(.emptyDataset, "has a header and no rows", file: file)
        }
        names = hasHeader ? columnNames(first, count: first.count) : match.names(count: first.count)
        self.delimiter = delimiter
        roles = [Role](repeating: .skipped, count: names.count)
        kept = []
        dropped = known.mapping.dropped
        label = nil
        var missing: [String] = []
        for (slot, column) in columns.enumerated() {
            guard let source = names.firstIndex(where: { sameText($0, column.name) }) else {
                missing.append(column.name)
                continue
            }
            kept.append(source)
            roles[source] = column.categories == nil ? .number(slot: slot) : .text(slot: slot)
        }
        if let name = known.mapping.label,
            let source = names.firstIndex(where: { sameText($0, name) })
        {
            label = source
            if known.labels != nil { roles[source] = .label }
        } else if known.labels != nil {
            missing.append(known.mapping.label ?? "label")
        }
        let foreign = names.indices.filter { index in
            roles[index] == .skipped && label != index
                && !dropped.contains { sameText($0, names[index]) }
        }
        guard missing.isEmpty, foreign.isEmpty else {
            throw differ(file, missing: missing, foreign: foreign.map { names[$0] })
        }
    }
}

/// What the columns of known data are called, and where they stood.
private struct KnownMatch {
    private let mapping: ColumnMapping
    private let all: Set<[UInt8]>
    /// Columns of the earlier source.
    private let sourceCount: Int
    /// Whether the earlier source had no header: its columns are `c1`, `c2`, ….
    private let areNumbered: Bool

    init(_ mapping: ColumnMapping, _ columns: [SourceColumn]) {
        self.mapping = mapping
        let names = columns.map(\.name) + mapping.dropped + (mapping.label.map { [$0] } ?? [])
        all = Set(names.map { Array($0.utf8) })
        sourceCount = names.count
        areNumbered = all == Set((1...max(1, names.count)).map { Array("c\($0)".utf8) })
    }

    /// Whether `first` names the columns: most of its fields are known names, or it has words
    /// above numbers.
    func isHeader(_ first: [String], below rows: ArraySlice<[String]>) -> Bool {
        if areNumbered { return false }
        let known = first.count { all.contains(Array($0.utf8)) }
        if 2 * known > first.count { return true }
        return first.indices.contains { index in
            number(first[index]) == nil && ColumnLook(index: index, in: rows).numbers > 0
                && ColumnLook(index: index, in: rows).words == 0
        }
    }

    /// The earlier names by place, where the new data have none; the label may be left out.
    func names(count: Int) -> [String] {
        guard areNumbered else { return columnNames(nil, count: count) }
        var names = (1...sourceCount).map { "c\($0)" }
        if count == sourceCount - 1, let label = mapping.label {
            names.removeAll { sameText($0, label) }
        }
        guard names.count < count else { return Array(names.prefix(count)) }
        return names + (names.count..<count).map { "c\($0 + 1)" }
    }
}

/// Whether two texts are the same bytes: to Swift, é as one scalar equals e with an accent.
func sameText(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

private func differ(_ file: String, missing: [String], foreign: [String]) -> DatasetError {
    var parts: [String] = []
    if !missing.isEmpty { parts.append("lacks \(list(missing))") }
    if !foreign.isEmpty { parts.append("has \(list(foreign)), which the known data lack") }
    return DatasetError(
        .columnsDiffer,
        parts.joined(separator: " and "),
        file: file,
        line: 1,
        hint: "give the file the columns that the dataset or model was made with"
    )
}
