import Datasets
import Foundation
import Testing

/// One input that must be refused, and how.
struct BadInput: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let code: DatasetError.Code
    var line: Int?
    var column: Int?
    let format: ImportOptions.Format?

    init(
        _ name: String,
        _ text: String,
        _ code: DatasetError.Code,
        _ line: Int? = nil,
        _ column: Int? = nil,
        as format: ImportOptions.Format? = nil
    ) {
        self.init(name, bytes: Array(text.utf8), code, line, column, as: format)
    }

    init(
        _ name: String,
        bytes: [UInt8],
        _ code: DatasetError.Code,
        _ line: Int? = nil,
        _ column: Int? = nil,
        as format: ImportOptions.Format? = nil
    ) {
        self.name = name
        self.bytes = bytes
        self.code = code
        self.line = line
        self.column = column
        self.format = format
    }

    var testDescription: String { name }
}

@Suite("Bad input is refused with file, line, column and reason")
struct BadInputTests {
    @Test("Tables", arguments: tables)
    func table(input: BadInput) throws { try check(input) }

    @Test("LIBSVM text", arguments: libsvm)
    func text(input: BadInput) throws { try check(input) }

    @Test("Any file", arguments: anyFile)
    func any(input: BadInput) throws { try check(input) }

    private func check(_ input: BadInput) throws {
        var options = ImportOptions()
        options.format = input.format
        options.limits.lineBytesMax = 512 << 10
        let folder = try TemporaryFolder()
        let error = try refusal { _ = try folder.read([input.bytes], options) }
        #expect(error.code == input.code, "\(error)")
        #expect(error.line == input.line, "\(error)")
        #expect(error.column == input.column, "\(error)")
        #expect(error.file == "a", "\(error)")
        #expect(!error.reason.isEmpty && !error.description.contains("\n"))
        let again = try refusal { _ = try folder.read([input.bytes], options) }
        #expect(again == error, "the same file gets the same verdict")
    }
}

/// 30 rows of one number and a label, then `row`.
private func afterThirtyRows(_ row: String) -> String {
    "n,label\n" + (0..<30).map { "\($0),\($0 % 2)\n" }.joined() + row
}

private let tables = [
    BadInput("empty", "", .emptyDataset),
    BadInput("a header only", "a,b,label\n", .emptyDataset, as: .csv),
    BadInput("blank lines only", "\n \n\r\n", .emptyDataset),
    BadInput("nan", afterThirtyRows("nan(0x1),1\n"), .notFinite, 32, 1),
    BadInput("inf", afterThirtyRows("-inf,1\n"), .notFinite, 32, 1),
    BadInput("nan as missing", afterThirtyRows("nan,1\n"), .missingValue, 32, 1),
    BadInput("1e999", afterThirtyRows("1e999,1\n"), .outOfRange, 32, 1),
    BadInput("beyond Float32", afterThirtyRows("1e39,1\n"), .outOfRange, 32, 1),
    BadInput("hexadecimal", afterThirtyRows("0x10,1\n"), .badNumber, 32, 1),
    BadInput("hexadecimal exponent", afterThirtyRows("0x1p-3,1\n"), .badNumber, 32, 1),
    BadInput("decimal comma", afterThirtyRows("\"1,5\",1\n"), .badNumber, 32, 1),
    BadInput("underscore", afterThirtyRows("1_000,1\n"), .badNumber, 32, 1),
    BadInput("Fortran exponent", afterThirtyRows("1d3,1\n"), .badNumber, 32, 1),
    BadInput("inner blank", afterThirtyRows("1 2,1\n"), .badNumber, 32, 1),
    BadInput("full-width digits", afterThirtyRows("１２,1\n"), .badNumber, 32, 1),
    BadInput("short row", "a,b,label\n1,2,0\n1,2\n", .raggedRow, 3, 2),
    BadInput("long row", "a,b,label\n1,2,0\n1,2,3,4\n", .raggedRow, 3, 4),
    BadInput("trailing comma", "a,b,label\n1,2,0\n1,2,1,\n", .raggedRow, 3, 4),
    BadInput("blank field", "a,b,label\n1,2,0\n1,,1\n", .missingValue, 3, 2),
    BadInput("question mark", "a,b,label\n1,2,0\n1, ?,1\n", .missingValue, 3, 2),
    BadInput("unclosed quote", "a,label\n1,0\n\"2,1\n3,1\n", .unclosedQuote, 3),
    BadInput("text after a quote", "t,label\n\"a\"b,0\nc,1\n", .badQuote, 2, 1),
    BadInput("lone carriage return", "a,label\n1,0\r2,1\n", .loneCarriageReturn, 2),
    BadInput("missing label", "a,label\n1,0\n2,\n3,1\n", .missingLabel, 3, 2),
    BadInput("label nan", "a,label\n1,0\n2,inf\n3,1\n", .badLabel, 3, 2),
    BadInput("one class", "a,label\n1,0\n2,0\n", .singleClass),
    BadInput("two columns of one name", "a,a,label\n1,2,0\n1,2,1\n", .duplicateColumn, 1, 2),
    BadInput("no column but the label", "label,\n", .emptyDataset, as: .csv),
    BadInput(
        "a number column that turns to text",
        afterThirtyRows(
            (0..<1_000).map { "\($0),1\n" }.joined() + "word,1\n"
        ),
        .badNumber,
        1_032,
        1
    ),
    BadInput(
        "nearly all distinct",
        "t,label\n" + (0..<40).map { "w\($0),\($0 % 2)\n" }.joined(),
        .tooManyCategories,
        nil,
        1
    ),
    BadInput(
        "over a thousand texts",
        "t,label\n"
            + (0..<1_500).map { "w\($0),0\nw\($0),1\n" }.joined(),
        .tooManyCategories,
        2_002,
        1
    ),
    BadInput(
        "a field of more than 1 MiB",
        "t,label\n\"" + String(repeating: "x\n", count: 600_000)
            + "\",1\n",
        .lineTooLong,
        2
    ),
    BadInput(
        "a long line",
        "t,label\na,0\n" + String(repeating: "x", count: 600_000) + ",1\n",
        .lineTooLong,
        3
    ),
]

private let libsvm = [
    BadInput("comments only", "# nothing\n\n#\n", .emptyDataset),
    BadInput("index 0", "1 1:1\n2 0:1\n", .indexZero, 2, 3),
    BadInput("negative index", "1 1:1\n2 -1:1\n", .badIndex, 2, 3),
    BadInput("index 2^31", "1 1:1\n2 2147483648:1\n", .indexTooLarge, 2, 3),
    BadInput("index 2^63", "1 1:1\n2 9223372036854775808:1\n", .indexTooLarge, 2, 3),
    BadInput("index of a mile", "1 1:1\n2 99999999999999999999999:1\n", .indexTooLarge, 2, 3),
    BadInput("duplicate index", "1 1:1\n2 3:1 3:2\n", .duplicateIndex, 2),
    BadInput("duplicate among unsorted", "1 1:1\n2 3:1 1:2 3:4\n", .duplicateIndex, 2),
    BadInput("qid", "1 qid:4 1:1\n2 qid:4 1:2\n", .queryUnsupported, 1, 3),
    BadInput("several labels", "1 1:1\n1,3 1:1\n", .multiLabel, 2, 1),
    BadInput("no label", "1 1:1\n1:1 2:1\n", .missingLabel, 2, 1),
    BadInput("label is no number", "1 1:1\nx 1:1\n", .badLabel, 2, 1),
    BadInput("label is infinite", "1 1:1\ninf 1:1\n", .badLabel, 2, 1),
    BadInput("no colon", "1 1:1\n2 5\n", .badEntry, 2, 3, as: .libsvm),
    BadInput("no value", "1 1:1\n2 5:\n", .badNumber, 2, 5),
    BadInput("no number", "1 1:1\n2 5:x\n", .badNumber, 2, 5),
    BadInput("tail behind a number", "1 1:1\n2 5:1x 6:2\n", .badNumber, 2, 5),
    BadInput("nan", "1 1:1\n2 5:nan\n", .notFinite, 2, 5),
    BadInput("1e999", "1 1:1\n2 5:1e999\n", .outOfRange, 2, 5),
    BadInput("hexadecimal", "1 1:1\n2 5:0x10\n", .badNumber, 2, 5),
    BadInput("decimal comma", "1 1:1\n2 5:1,5\n", .badNumber, 2, 5),
    BadInput("lone carriage return", "1 1:1\r2 1:1\n", .loneCarriageReturn, 1, 6),
    BadInput("one class", "1 1:1\n1 2:1\n", .singleClass),
    BadInput("rows without features", "1\n2\n", .noFeatures, as: .libsvm),
    BadInput(
        "a long line",
        "1 1:1\n2" + String(repeating: " 5:1", count: 200_000),
        .lineTooLong,
        2
    ),
]

private let anyFile = [
    BadInput("prose", "It was a bright day in April\nand the clocks struck\n", .unknownFormat, 1),
    BadInput(
        "UTF-16",
        bytes: [0xFF, 0xFE] + Array("a,b\n1,2\n".utf8).flatMap { [$0, 0] },
        .notUTF8,
        1,
        1,
        as: .csv
    ),
    BadInput(
        "Latin-1",
        bytes: Array("a,label\n1,0\nz\u{0}".utf8).dropLast() + [0xE9, 0x0A],
        .notUTF8,
        3,
        2
    ),
    BadInput("NUL", "a,label\n1,0\n2\u{0},1\n", .notUTF8, 3, 2),
    BadInput(
        "cut character",
        bytes: Array("a,label\n1,0\n2,1\n".utf8) + [0xE2, 0x82],
        .notUTF8,
        4,
        1
    ),
    BadInput("zip", bytes: [0x50, 0x4B, 0x03, 0x04, 0, 0, 0, 0], .zipCorrupt),
    BadInput("zstd", bytes: [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], .unsupportedCompression),
]
