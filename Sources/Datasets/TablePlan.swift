internal import Domain

/// How each source column of a table is read.
struct TablePlan {
    /// What a field is read as.
    enum Role: Equatable {
        /// A number, at this place of the staged row.
        case number(slot: Int)
        /// A text, at this place of the staged row.
        case text(slot: Int)
        /// The label.
        case label
        /// Nothing.
        case skipped
    }

    /// What stands between two fields.
    var delimiter: UInt8
    /// Whether the first row names the columns.
    var hasHeader: Bool
    /// A name for each source column.
    var names: [String]
    /// What each source column is read as.
    var roles: [Role]
    /// The source column of each place of the staged row.
    var kept: [Int]
    /// The source column of the label.
    var label: Int?
    /// Names of the columns that are left out.
    var dropped: [String]
    /// What was decided that its owner may want to know.
    var remarks: [String] = []
}

extension TablePlan {
    /// Decides from the first rows how to read the table, without columns to match.
    init(
        _ survey: TableSurvey,
        delimiter: UInt8,
        file: String,
        options: ImportOptions
    ) throws(DatasetError) {
        let rows = survey.rows
        guard let first = rows.first else {
            throw DatasetError(.emptyDataset, "has no rows", file: file)
        }
        var columns = first.indices.map { ColumnLook(index: $0, in: rows[1...]) }
        hasHeader = options.header ?? looksLikeHeader(rows, columns)
        guard !hasHeader || rows.count > 1 else {
            throw DatasetError(.emptyDataset, "has a header and no rows", file: file)
        }
        if !hasHeader { for index in columns.indices { columns[index].add(first[index]) } }
        names = columnNames(hasHeader ? first : nil, count: first.count)
        if let twice = firstDuplicate(names) {
            throw DatasetError(
                .duplicateColumn,
                "two columns are called '\(shortened(names[twice]))'",
                file: file,
                line: 1,
                column: twice + 1,
                hint: "rename one, or --no-header if the first line is data"
            )
        }
        self.delimiter = delimiter
        let resolver = ColumnResolver(names: names, file: file)
        let choice = try LabelChoice(columns, resolver: resolver, hasHeader, options: options)
        remarks = choice.remarks
        label = choice.index
        kept = try Self.keptColumns(resolver, label: choice.index, options: options)
        roles = [Role](repeating: .skipped, count: names.count)
        roles[choice.index] = .label
        for (slot, column) in kept.enumerated() {
            roles[column] = columns[column].isText ? .text(slot: slot) : .number(slot: slot)
        }
        let names = self.names
        let (kept, label) = (Set(self.kept), choice.index)
        dropped = names.indices.filter { !kept.contains($0) && $0 != label }.map { names[$0] }
    }

    private static func keptColumns(
        _ resolver: ColumnResolver,
        label: Int,
        options: ImportOptions
    ) throws(DatasetError) -> [Int] {
        var drop: Set<Int> = [label]
        for text in options.drop { drop.insert(try resolver.index(of: text, option: "--drop")) }
        var only: Set<Int> = []
        for text in options.only { only.insert(try resolver.index(of: text, option: "--only")) }
        let kept = resolver.names.indices.filter { column in
            !drop.contains(column) && (only.isEmpty || only.contains(column))
        }
        guard !kept.isEmpty else {
            throw DatasetError(
                .noFeatures,
                "no column is left beside the label '\(shortened(resolver.names[label]))'",
                file: resolver.file,
                hint: resolver.names.count == 1
                    ? "is it separated by commas or tabs? if not: --format" : nil
            )
        }
        return kept
    }
}

/// Finds columns by what their owner calls them.
struct ColumnResolver {
    let names: [String]
    let file: String

    /// The column of that name, else of that number: from 1, or from the end if negative.
    func index(of text: String, option: String) throws(DatasetError) -> Int {
        if let index = names.firstIndex(where: { $0.utf8.elementsEqual(text.utf8) }) {
            return index
        }
        if let number = Int(text) {
            if number >= 1, number <= names.count { return number - 1 }
            if number <= -1, -number <= names.count { return names.count + number }
        }
        throw DatasetError(
            .unknownColumn,
            "\(option) '\(shortened(text))' is none of its \(names.count) columns: \(list(names))",
            file: file
        )
    }
}

/// What the first rows show of one column.
struct ColumnLook {
    var numbers = 0
    /// Fields that begin as a number does and are none.
    var malformed = 0
    /// Other fields that are no numbers.
    var words = 0
    /// Distinct values among the numbers; no more are kept than tell that they are too many.
    var distinct: Set<Float> = []

    init(index: Int, in rows: ArraySlice<[String]>) {
        for row in rows where index < row.count { add(row[index]) }
    }

    /// Looks at one more field.
    mutating func add(_ text: String) {
        switch kind(of: text) {
        case .number(let value):
            numbers += 1
            if distinct.count <= classNumbersMax { distinct.insert(value) }
        case .malformed: malformed += 1
        case .word: words += 1
        case .missing: break
        }
    }

    /// Whether it is read as text: it has words, or no number at all.
    var isText: Bool { words > 0 || numbers == 0 && malformed > 0 }

    /// Whether it could be classes: text, or few whole numbers.
    var isClassLike: Bool {
        if isText { return true }
        return distinct.count >= 2 && distinct.count <= classNumbersMax
            && distinct.allSatisfy { $0 == $0.rounded() }
    }

    /// Whether its numbers are as classes are called: 0, 1, … or 1, 2, … or −1 and 1.
    var hasClassNumbers: Bool {
        guard !isText, (2...classNumbersMax).contains(distinct.count),
            distinct.allSatisfy({ $0 == $0.rounded() }),
            let least = distinct.min(), let most = distinct.max()
        else { return false }
        if distinct == [-1, 1] { return true }
        return (least == 0 || least == 1) && Int(most - least) == distinct.count - 1
    }
}

/// A column of more distinct numbers than these does not hold classes.
private let classNumbersMax = 100

private enum FieldKind {
    case number(Float)
    case malformed
    case word
    case missing
}

private func isNumber(_ text: String) -> Bool {
    if case .number = kind(of: text) { return true }
    return false
}

private func kind(of text: String) -> FieldKind {
    if let whole = fewDigits(text) { return .number(whole) }
    let bytes = Array(text.utf8)
    if isMissing(bytes.span, 0..<bytes.count) { return .missing }
    if let value = number(text) { return .number(value) }
    var rest = bytes[...]
    if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
    if rest.first == 0x2E { rest = rest.dropFirst() }
    if let first = rest.first, (0x30...0x39).contains(first) { return .malformed }
    let word = String(decoding: rest, as: UTF8.self).lowercased()
    if word == "inf" || word == "infinity" || word.hasPrefix("nan(") { return .malformed }
    if word.unicodeScalars.first.map({ (0xFF10...0xFF19).contains($0.value) }) == true {
        return .malformed
    }
    return .word
}

/// The value of a text of one to seven digits; nil for another.
private func fewDigits(_ text: String) -> Float? {
    let digits = text.utf8
    guard (1...7).contains(digits.count) else { return nil }
    var whole: Int32 = 0
    for digit in digits {
        guard digit &- 0x30 <= 9 else { return nil }
        whole = whole &* 10 &+ Int32(digit &- 0x30)
    }
    return Float(whole)
}

/// Whether the first row names the columns.
///
/// It does where a word stands above a column of numbers; or, where all is text, where none of its
/// fields occurs again below it. A single row without a number names columns that have no rows.
private func looksLikeHeader(_ rows: [[String]], _ looks: [ColumnLook]) -> Bool {
    guard let first = rows.first else { return false }
    if rows.count == 1 { return !first.contains { isNumber($0) } }
    let body = rows[1...]
    var hasNumbers = false
    var occursAgain = false
    for (index, name) in first.enumerated() {
        let look = looks[index]
        hasNumbers = hasNumbers || look.numbers > 0
        if case .word = kind(of: name), look.numbers > 0, look.words == 0 { return true }
        occursAgain = occursAgain || body.contains { index < $0.count && $0[index] == name }
    }
    return !hasNumbers && !occursAgain && Set(first).count == first.count
}

/// The header's names, `c1`, `c2`, … where there are none.
func columnNames(_ header: [String]?, count: Int) -> [String] {
    (0..<count).map { index in
        guard let header, index < header.count, !header[index].isEmpty else {
            return "c\(index + 1)"
        }
        return header[index]
    }
}

private func firstDuplicate(_ names: [String]) -> Int? {
    var seen: Set<[UInt8]> = []
    return names.firstIndex { !seen.insert(Array($0.utf8)).inserted }
}
