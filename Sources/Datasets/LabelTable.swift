internal import Domain

/// What is known of a row's label before all rows have been read.
struct StagedLabel {
    /// Number of its text in the order of appearance; −1 where there were too many texts.
    var code: Int32
    /// Its value; NaN where it is no number.
    var value: Float

    /// A row without a label.
    static let none = StagedLabel(code: -1, value: .nan)
}

/// Collects the labels of all rows and says in the end whether they are classes or real values.
struct LabelTable {
    private var table = TextTable()
    private var values: [Float] = []
    private var hasText = false
    private var isOverflowed = false
    private let known: LabelKind?
    private var knownClass: [Int32] = []
    private let classesMax: Int
    private let allowsOneClass: Bool

    init(known: LabelKind?, allowsOneClass: Bool = false, limits: ImportLimits) {
        self.known = known
        self.allowsOneClass = allowsOneClass
        classesMax = limits.classesMax
    }

    /// Takes the label `bytes[range]`; `place` says where it stands, for a refusal.
    @inline(__always)
    mutating func add(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        _ place: () -> DatasetError
    ) throws(DatasetError) -> StagedLabel {
        let found = table.find(bytes, range)
        if found >= 0 { return StagedLabel(code: Int32(found), value: values[found]) }
        return try addNew(bytes, range, place)
    }

    @inline(never)
    private mutating func addNew(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        _ place: () -> DatasetError
    ) throws(DatasetError) -> StagedLabel {
        let text = string(bytes, range)
        let value = number(text) ?? .nan
        if value.isNaN { try checkText(text, place()) }
        if isOverflowed || known == .real { return StagedLabel(code: -1, value: value) }
        if case .classes(let classes) = known {
            guard let match = knownClassIndex(text, value, classes) else {
                throw place().with(
                    .unknownClass,
                    "class '\(shortened(text))' is none of \(list(classes))"
                )
            }
            knownClass.append(Int32(match))
        }
        guard table.count < classesMax else {
            guard !hasText else {
                throw place().with(
                    .tooManyClasses,
                    "more than \(classesMax) different labels that are no numbers",
                    hint: "name another label column with --label"
                )
            }
            isOverflowed = true
            return StagedLabel(code: -1, value: value)
        }
        let code = table.insert(bytes, range)
        values.append(value)
        return StagedLabel(code: Int32(code), value: value)
    }

    private mutating func checkText(
        _ text: String,
        _ place: DatasetError
    ) throws(DatasetError) {
        let problem = numberProblem(text)
        if problem.code != .badNumber {
            throw place.with(.badLabel, "label " + problem.reason)
        }
        if isOverflowed || known == .real {
            throw place.with(.badLabel, "label " + problem.reason + ", as the others are")
        }
        hasText = true
    }

    /// Decides what the labels are, and what each code becomes.
    ///
    /// Texts are classes. Whole numbers are classes where there are at most 20 of them, or where
    /// they run from 0 or 1 without a gap and have ten rows each; all other numbers are real.
    func resolve(rows: Int) throws(DatasetError) -> ResolvedLabels {
        switch known {
        case .real: return ResolvedLabels(kind: .real, classOfCode: [])
        case .classes(let classes):
            return ResolvedLabels(kind: .classes(classes), classOfCode: knownClass)
        case nil: break
        }
        if isOverflowed || !hasText && !areClasses(rows: rows) {
            return ResolvedLabels(kind: .real, classOfCode: [])
        }
        return try classes()
    }

    private func areClasses(rows: Int) -> Bool {
        let distinct = Set(values)
        guard distinct.allSatisfy({ $0 == $0.rounded() }) else { return false }
        if distinct.count <= 20 { return true }
        guard let least = distinct.min(), let most = distinct.max() else { return false }
        let isGapless = (least == 0 || least == 1) && Int(most - least) == distinct.count - 1
        return isGapless && rows >= 10 * distinct.count
    }

    private func classes() throws(DatasetError) -> ResolvedLabels {
        var order = Array(0..<table.count)
        let texts = classTexts()
        let isNumeric = !hasText
        order.sort { left, right in
            if isNumeric, values[left] != values[right] { return values[left] < values[right] }
            if isNumeric { return left < right }
            return texts[left].utf8.lexicographicallyPrecedes(texts[right].utf8)
        }
        var names: [String] = []
        var classOfCode = [Int32](repeating: 0, count: order.count)
        var previous: Int?
        for code in order {
            // "1" and "1.0" are one class, called as it was first.
            let isSame = previous.map { isNumeric && values[$0] == values[code] } ?? false
            if !isSame { names.append(texts[code]) }
            classOfCode[code] = Int32(names.count - 1)
            previous = code
        }
        guard names.count > 1 || allowsOneClass else {
            throw DatasetError(
                .singleClass,
                "every row has the label '\(shortened(names.first ?? ""))'",
                hint: "a classifier needs at least two classes; is the label another column?"
            )
        }
        return ResolvedLabels(kind: .classes(names), classOfCode: classOfCode)
    }

    /// The texts, without the full stop that C4.5's files end every class with.
    private func classTexts() -> [String] {
        let texts = table.texts
        guard hasText, texts.allSatisfy({ $0.hasSuffix(".") && $0.utf8.count > 1 }) else {
            return texts
        }
        return texts.map { String($0.dropLast()) }
    }
}

/// What the labels turned out to be.
struct ResolvedLabels {
    var kind: LabelKind
    /// The class of each code of a staged label; empty for real labels.
    var classOfCode: [Int32]
}

/// The class that a label means: the same text, the same number, or the text but for the full
/// stop that C4.5's files end every class with.
private func knownClassIndex(_ text: String, _ value: Float, _ classes: [String]) -> Int? {
    if let same = classes.firstIndex(where: { $0.utf8.elementsEqual(text.utf8) }) { return same }
    if !value.isNaN { return classes.firstIndex { number($0) == value } }
    guard text.hasSuffix(".") else { return nil }
    let bare = text.dropLast()
    return classes.firstIndex { $0.utf8.elementsEqual(bare.utf8) }
}

/// The value of a text that is a number from end to end.
func number(_ text: String) -> Float? {
    let bytes = Array(text.utf8) + [newline]
    var position = 0
    guard let value = parseNumber(bytes.span, at: &position) else { return nil }
    return position == bytes.count - 1 ? value : nil
}

/// A part of a text.
func string(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    var copy: [UInt8] = []
    copy.reserveCapacity(range.count)
    for i in range { copy.append(bytes[i]) }
    return String(decoding: copy, as: UTF8.self)
}

/// Names for a message: all of a few, the first of many.
func list(_ names: [String]) -> String {
    let shown = names.prefix(8).map { "'\(shortened($0))'" }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
}

extension DatasetError {
    /// The same place with what is wrong there.
    func with(_ code: Code, _ reason: String, hint: String? = nil) -> DatasetError {
        DatasetError(code, reason, file: file, line: line, column: column, hint: hint)
    }
}
