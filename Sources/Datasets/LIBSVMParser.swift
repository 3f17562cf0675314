internal import Domain

/// Rows of LIBSVM text: `label index:value …`, one a line, comments from `#` on.
///
/// Indices that do not rise are sorted, with a warning. Entries of value 0 are not kept.
struct LIBSVMParser {
    /// The line at hand, counted from 1.
    private(set) var line = 1
    /// One more than the largest column index met.
    private(set) var columns = 0
    /// First line whose indices had to be sorted.
    private(set) var firstUnsorted: Int?

    private let file: String
    private let indexBase: Int
    private let columnsMax: Int
    /// Whose columns `columnsMax` are, where it is not a bound of ours.
    private let bound: String?
    private let ignoresLabels: Bool
    private let staging: StagingWriter
    private var indices: [Int32] = []
    private var values: [Float] = []

    /// A parser for the file called `file`.
    init(file: String, options: ImportOptions, staging: StagingWriter) {
        self.file = file
        self.staging = staging
        let known = options.known
        indexBase = known?.mapping.indexBase ?? options.indexBase ?? 1
        bound = known != nil ? "of the known data" : options.columns.map { _ in "declared" }
        columnsMax = known?.mapping.count ?? options.columns ?? options.limits.columnsMax
        ignoresLabels = known.map { $0.labels == nil } ?? false
    }

    /// Reads the whole lines of `bytes`, which is text up to a line end, and returns their length.
    mutating func consume(
        _ bytes: Span<UInt8>,
        labels: inout LabelTable
    ) throws(DatasetError) -> Int {
        var end = bytes.count
        while end > 0, bytes[end - 1] != newline { end -= 1 }
        var position = 0
        while position < end {
            let start = position
            if try readLabel(bytes, at: &position, labels: &labels) {
                try readEntries(bytes, at: &position, start: start)
            }
            try skipToNextLine(bytes, at: &position, start: start)
        }
        return end
    }

    private var label = StagedLabel.none

    /// Whether the line has a row: reads its label.
    @inline(__always)
    private mutating func readLabel(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        labels: inout LabelTable
    ) throws(DatasetError) -> Bool {
        let lineStart = position
        skipBlanks(bytes, &position)
        let start = position
        guard !endsRow(bytes[position]) else { return false }
        while !isBlank(bytes[position]), !endsRow(bytes[position]) { position &+= 1 }
        let range = start..<position
        if ignoresLabels { return true }
        let number = line
        let name = file
        label = try labels.add(bytes, range) {
            DatasetError(.badLabel, "", file: name, line: number, column: start - lineStart + 1)
        }
        if label.value.isNaN { throw labelProblem(string(bytes, range), at: start - lineStart) }
        return true
    }

    @inline(__always)
    private mutating func readEntries(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        start: Int
    ) throws(DatasetError) {
        indices.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        var previous = -1
        var isSorted = true
        while true {
            skipBlanks(bytes, &position)
            if endsRow(bytes[position]) { break }
            let entry = position
            var index = 0
            while true {
                let digit = bytes[position] &- 0x30
                guard digit <= 9, position &- entry < 18 else { break }
                index = index &* 10 &+ Int(digit)
                position &+= 1
            }
            guard position > entry, bytes[position] == colon else {
                throw entryProblem(bytes, entry, start)
            }
            index &-= indexBase
            guard index >= 0, index < columnsMax else {
                throw indexProblem(index, at: entry - start)
            }
            position &+= 1
            guard let value = parseNumber(bytes, at: &position),
                isBlank(bytes[position]) || endsRow(bytes[position])
            else { throw valueProblem(bytes, entry, start) }
            if index <= previous { isSorted = false }
            previous = index
            indices.append(Int32(truncatingIfNeeded: index))
            values.append(value)
        }
        if !isSorted { try sortEntries(at: start) }
        if let last = indices.last { columns = max(columns, Int(last) + 1) }
        dropZeros()
        try staging.appendSparse(label, indices, values)
    }

    private mutating func skipToNextLine(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        start: Int
    ) throws(DatasetError) {
        while bytes[position] != newline {
            if bytes[position] == carriageReturn, bytes[position + 1] != newline {
                throw problem(
                    .loneCarriageReturn,
                    "a carriage return without a line feed",
                    at: position - start,
                    hint: "convert the line ends: tr '\\r' '\\n'"
                )
            }
            position &+= 1
        }
        position &+= 1
        line &+= 1
    }

    private mutating func sortEntries(at start: Int) throws(DatasetError) {
        let order = indices.indices.sorted { indices[$0] < indices[$1] }
        for (left, right) in zip(order, order.dropFirst()) where indices[left] == indices[right] {
            let index = Int(indices[left]) + indexBase
            throw DatasetError(
                .duplicateIndex,
                "index \(index) stands twice in one row",
                file: file,
                line: line
            )
        }
        indices = order.map { indices[$0] }
        values = order.map { values[$0] }
        if firstUnsorted == nil { firstUnsorted = line }
    }

    @inline(__always)
    private mutating func dropZeros() {
        var kept = 0
        for i in 0..<values.count where values[i] != 0 {
            if kept != i {
                values[kept] = values[i]
                indices[kept] = indices[i]
            }
            kept &+= 1
        }
        guard kept < values.count else { return }
        values.removeLast(values.count - kept)
        indices.removeLast(indices.count - kept)
    }
}

extension LIBSVMParser {
    private func problem(
        _ code: DatasetError.Code,
        _ reason: String,
        at offset: Int,
        hint: String? = nil
    ) -> DatasetError {
        DatasetError(code, reason, file: file, line: line, column: offset + 1, hint: hint)
    }

    private func labelProblem(_ text: String, at offset: Int) -> DatasetError {
        if text.contains(",") {
            return problem(
                .multiLabel,
                "'\(shortened(text))' are several labels of one row",
                at: offset,
                hint: "give every row one label"
            )
        }
        if text.contains(":") {
            return problem(
                .missingLabel,
                "the row begins with '\(shortened(text))' where its label should stand",
                at: offset
            )
        }
        return problem(.badLabel, "label " + numberProblem(text).reason, at: offset)
    }

    private func token(_ bytes: Span<UInt8>, _ start: Int) -> String {
        var end = start
        while !isBlank(bytes[end]), !endsRow(bytes[end]) { end += 1 }
        return string(bytes, start..<end)
    }

    private func entryProblem(
        _ bytes: Span<UInt8>,
        _ entry: Int,
        _ start: Int
    ) -> DatasetError {
        let text = token(bytes, entry)
        let offset = entry - start
        if text.hasPrefix("qid:") {
            return problem(
                .queryUnsupported,
                "ranking by query ('\(shortened(text))') is not supported",
                at: offset,
                hint: "take the qid entries out"
            )
        }
        guard let colonIndex = text.firstIndex(of: ":") else {
            return problem(.badEntry, "'\(shortened(text))' is no index:value", at: offset)
        }
        let name = text[..<colonIndex]
        if !name.isEmpty, name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return indexProblem(Int.max, at: offset)
        }
        return problem(
            .badIndex,
            "'\(shortened(String(name)))' is not a column's number",
            at: offset
        )
    }

    private func indexProblem(_ index: Int, at offset: Int) -> DatasetError {
        if index < 0 {
            return problem(
                .indexZero,
                "index 0 in data whose first column is 1",
                at: offset,
                hint: "if the first column is 0: --index-base 0"
            )
        }
        let shown = index > Int.max - 1 ? "the index" : "index \(index + indexBase)"
        if let bound {
            let last = columnsMax - 1 + indexBase
            return problem(
                .columnsDiffer,
                "\(shown) is beyond the \(columnsMax) columns \(bound) (last: \(last))",
                at: offset
            )
        }
        return problem(
            .indexTooLarge,
            "\(shown) is beyond the \(columnsMax) columns that are taken at most",
            at: offset
        )
    }

    private func valueProblem(
        _ bytes: Span<UInt8>,
        _ entry: Int,
        _ start: Int
    ) -> DatasetError {
        let text = token(bytes, entry)
        let value = text.firstIndex(of: ":").map { String(text[text.index(after: $0)...]) } ?? ""
        let found = numberProblem(value)
        let offset = entry - start + text.utf8.count - value.utf8.count
        return problem(found.code, found.reason, at: offset)
    }
}

private let colon: UInt8 = 0x3A

@inline(__always)
private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// Whether a row ends here: at a line end or a comment.
@inline(__always)
private func endsRow(_ byte: UInt8) -> Bool {
    byte == newline || byte == carriageReturn || byte == 0x23
}

@inline(__always)
private func skipBlanks(_ bytes: Span<UInt8>, _ position: inout Int) {
    while isBlank(bytes[position]) { position &+= 1 }
}
