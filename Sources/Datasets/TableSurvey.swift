/// The first rows of a table, read to learn what its columns are.
struct TableSurvey {
    /// The fields, row by row; the first row may be a header.
    private(set) var rows: [[String]] = []

    private var scanner: FieldScanner
    private var file: String
    private var line = 1

    /// Reads up to a thousand rows, fewer if they are long.
    init(
        _ file: ImportFile,
        delimiter: UInt8,
        limits: ImportLimits
    ) throws(DatasetError) {
        self.file = file.name
        scanner = FieldScanner(delimiter: delimiter, file: file.name, limits: limits)
        var reader = try BlockReader(file, limits: limits)
        var survey = self
        var bytesRead = 0
        while !reader.isAtEnd, survey.rows.count < rowsMax,
            bytesRead < surveyBytes || survey.rows.count < 2
        {
            try reader.fill(line: survey.line)
            let isLast = reader.isAtEnd
            try reader.consume { bytes throws(DatasetError) in
                let done = try survey.consume(bytes, isLast: isLast)
                bytesRead += done
                return done
            }
        }
        self = survey
        if let first = rows.first, first.count > limits.tableColumnsMax {
            throw DatasetError(
                .tooManyColumns,
                "\(first.count) columns; at most \(limits.tableColumnsMax) are taken",
                file: file.name,
                line: 1
            )
        }
    }

    /// Takes the whole rows of `bytes`, as many as are wanted, and returns their length.
    private mutating func consume(
        _ bytes: Span<UInt8>,
        isLast: Bool
    ) throws(DatasetError) -> Int {
        let end = lastLineEnd(bytes)
        var position = 0
        while position < end, rows.count < rowsMax {
            let start = position
            scanner.startRow()
            let row = try readRow(&scanner, bytes, at: &position, end: end, line: line)
            guard let row else {
                if isLast { throw unclosedQuote(file, line: line) }
                return start
            }
            line += 1 + scanner.innerLines
            if !row.isEmpty { rows.append(row) }
        }
        return position
    }
}

private let rowsMax = 1_000
private let surveyBytes = 4 << 20

/// The fields of the row at `position`, which moves behind it; empty for a line without a row, nil
/// where a quote is not closed yet.
private func readRow(
    _ scanner: inout FieldScanner,
    _ bytes: Span<UInt8>,
    at position: inout Int,
    end: Int,
    line: Int
) throws(DatasetError) -> [String]? {
    if let next = skipLineWithoutRow(bytes, from: position, delimiter: scanner.delimiter) {
        position = next
        return []
    }
    var fields: [String] = []
    while true {
        let field = try scanner.next(
            bytes,
            at: &position,
            end: end,
            line: line,
            column: fields.count + 1
        )
        switch field {
        case .plain(let range): fields.append(string(bytes, range))
        case .unescaped: fields.append(String(decoding: scanner.contents, as: UTF8.self))
        case .incomplete: return nil
        }
        if try scanner.endsRow(bytes, at: position, line: line + scanner.innerLines) { break }
        position += 1
    }
    position += bytes[position] == newline ? 1 : 2
    return fields
}

/// Where the next line begins if the line at `start` is blank, or the remark that C4.5's test
/// files begin with: a bar at its start and no delimiter.
func skipLineWithoutRow(_ bytes: Span<UInt8>, from start: Int, delimiter: UInt8) -> Int? {
    var i = start
    let isRemark = bytes[i] == 0x7C
    if isRemark {
        while bytes[i] != newline, bytes[i] != delimiter, bytes[i] != carriageReturn { i &+= 1 }
    }
    while bytes[i] == 0x20 || bytes[i] == 0x09 && delimiter != 0x09 { i &+= 1 }
    if bytes[i] == carriageReturn, bytes[i + 1] == newline { i &+= 1 }
    return bytes[i] == newline ? i + 1 : nil
}

/// Where the last whole line of `bytes` ends.
func lastLineEnd(_ bytes: Span<UInt8>) -> Int {
    var end = bytes.count
    while end > 0, bytes[end - 1] != newline { end -= 1 }
    return end
}

func unclosedQuote(_ file: String, line: Int) -> DatasetError {
    DatasetError(
        .unclosedQuote,
        "a quoted field of the row that begins here is never closed",
        file: file,
        line: line
    )
}
