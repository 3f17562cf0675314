/// One field of a table's row.
enum Field {
    /// It lies in the text as it is.
    case plain(Range<Int>)
    /// It had doubled quotes: it lies in the scanner's own memory.
    case unescaped
    /// Its closing quote has not been read yet.
    case incomplete
}

/// Finds the fields of rows as RFC 4180 has them, blanks around a field left out.
struct FieldScanner {
    /// What stands between two fields.
    let delimiter: UInt8
    /// The contents of an `unescaped` field.
    private(set) var contents: [UInt8] = []
    /// Line ends inside quoted fields since `startRow`.
    private(set) var innerLines = 0

    private let file: String
    private let fieldBytesMax: Int
    private let delimiters: UInt64

    init(delimiter: UInt8, file: String, limits: ImportLimits) {
        self.delimiter = delimiter
        self.file = file
        fieldBytesMax = limits.fieldBytesMax
        delimiters = everyByte &* UInt64(delimiter)
    }

    /// Forgets the line ends of the row before.
    mutating func startRow() { innerLines = 0 }

    /// Whether blanks may be skipped here: a tab is none where it separates fields.
    @inline(__always)
    func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 && delimiter != 0x09
    }

    /// Whether an unquoted field ends here.
    @inline(__always)
    func endsField(_ byte: UInt8) -> Bool {
        byte == delimiter || byte == newline || byte == carriageReturn
    }

    /// Reads the field at `position` and moves to what ends it.
    ///
    /// `end` is where the text at hand ends, right behind a line end. `line` and `column` are
    /// for refusals.
    mutating func next(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        end: Int,
        line: Int,
        column: Int
    ) throws(DatasetError) -> Field {
        while isBlank(bytes[position]) { position &+= 1 }
        if bytes[position] == quote {
            let place = DatasetError(.badQuote, "", file: file, line: line, column: column)
            return try quoted(bytes, at: &position, end: end, place)
        }
        let start = position
        skipToEnd(bytes, &position)
        guard position - start <= fieldBytesMax else { throw tooLong(line: line, column: column) }
        var last = position
        while last > start, isBlank(bytes[last - 1]) { last &-= 1 }
        return .plain(start..<last)
    }

    /// Moves to the end of an unquoted field, eight bytes at a time where there are as many.
    @inline(__always)
    private func skipToEnd(_ bytes: Span<UInt8>, _ position: inout Int) {
        let text = bytes.bytes
        while position &+ 8 <= bytes.count {
            let word = text.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            let ends =
                zeroBytes(word ^ delimiters) | zeroBytes(word ^ newlines)
                | zeroBytes(word ^ returns)
            guard ends == 0 else {
                position &+= ends.trailingZeroBitCount >> 3
                return
            }
            position &+= 8
        }
        while !endsField(bytes[position]) { position &+= 1 }
    }

    private mutating func quoted(
        _ bytes: Span<UInt8>,
        at position: inout Int,
        end: Int,
        _ place: DatasetError
    ) throws(DatasetError) -> Field {
        let start = position + 1
        var i = start
        var doubled = 0
        var lines = 0
        while true {
            guard i < end, i - start <= fieldBytesMax else { break }
            if bytes[i] == newline { lines += 1 }
            if bytes[i] != quote {
                i += 1
            } else if bytes[i + 1] == quote {
                doubled += 1
                i += 2
            } else {
                break
            }
        }
        guard i - start <= fieldBytesMax else {
            throw tooLong(line: place.line ?? 1, column: place.column ?? 1)
        }
        guard i < end else { return .incomplete }
        innerLines += lines
        position = i + 1
        while isBlank(bytes[position]) { position += 1 }
        guard endsField(bytes[position]) else {
            throw place.with(
                .badQuote,
                "text follows the closing quote of a field",
                hint: "a quote inside a quoted field is written twice"
            )
        }
        return doubled == 0 ? .plain(start..<i) : unescape(bytes, start..<i)
    }

    private mutating func unescape(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Field {
        contents.removeAll(keepingCapacity: true)
        var i = range.lowerBound
        while i < range.upperBound {
            contents.append(bytes[i])
            i += bytes[i] == quote ? 2 : 1
        }
        return .unescaped
    }

    private func tooLong(line: Int, column: Int) -> DatasetError {
        DatasetError(
            .fieldTooLong,
            "a field is longer than \(fieldBytesMax) bytes",
            file: file,
            line: line,
            column: column,
            hint: "is a quote not closed there?"
        )
    }

    /// Whether the row ends at `position`; a carriage return alone does not end one.
    @inline(__always)
    func endsRow(
        _ bytes: Span<UInt8>,
        at position: Int,
        line: Int
    ) throws(DatasetError) -> Bool {
        if bytes[position] == newline { return true }
        guard bytes[position] == carriageReturn else { return false }
        guard bytes[position + 1] == newline else {
            throw DatasetError(
                .loneCarriageReturn,
                "a carriage return without a line feed",
                file: file,
                line: line,
                hint: "convert the line ends: tr '\\r' '\\n'"
            )
        }
        return true
    }
}

private let quote: UInt8 = 0x22
private let everyByte: UInt64 = 0x0101_0101_0101_0101
private let newlines = everyByte &* 0x0A
private let returns = everyByte &* 0x0D

/// The top bit of every byte that is zero, exact up to the first one that is (little-endian).
@inline(__always)
private func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- everyByte) & ~word & (everyByte &* 0x80)
}

/// Whether a field says that its value is missing.
func isMissing(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    switch range.count {
    case 0: return true
    case 1: return bytes[range.lowerBound] == 0x3F
    case 2, 3, 4: return missingWords.contains(string(bytes, range).lowercased())
    default: return false
    }
}

/// Words for a missing value, beside an empty field and `?`.
private let missingWords: Set<String> = ["na", "n/a", "nan", "null"]
