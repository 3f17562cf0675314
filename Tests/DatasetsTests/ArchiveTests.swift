import Datasets
import Domain
import Testing

@Suite("Archives of arrays")
struct ArchiveTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let features = npy("<f8", [2, 2], doubles([1, 2, 3, 4]))
    private static let labels = npy("|u1", [2], [5, 6])
    private static let expected = PlainTable(rows: [[1, 2], [3, 4]], classes: [0, 1])

    @Test(
        "Stored and deflated members, and sizes of zip64",
        arguments: [false, true],
        [false, true]
    )
    func members(isDeflated: Bool, isWide: Bool) throws {
        let options = ZipOptions(isDeflated: isDeflated, isWide: isWide)
        let file = try zipped([("X.npy", Self.features), ("y.npy", Self.labels)], options)
        let staged = try folder.read([file])
        #expect(staged.report.format == "npz")
        #expect(try folder.table(of: staged) == Self.expected)
    }

    @Test(
        "Features and labels are told by their usual names, or by their shapes",
        arguments: [["X", "y"], ["features", "labels"], ["arr_0", "arr_1"], ["a", "target"]]
    )
    func names(names: [String]) throws {
        let file = try zipped([
            (names[0] + ".npy", Self.features), (names[1] + ".npy", Self.labels),
        ])
        #expect(try folder.table(of: folder.read([file])) == Self.expected)
        var options = ImportOptions()
        options.known = KnownColumns(mapping: ColumnMapping(columns: nil, count: 2), labels: nil)
        let bare = try folder.read([try zipped([(names[0] + ".npy", Self.features)])], options)
        #expect(try folder.table(of: bare).rows == Self.expected.rows)
    }

    @Test("Where several arrays may be meant, all are listed and --label decides")
    func choice() throws {
        let more = npy("<f8", [3, 2], doubles([1, 2, 3, 4, 5, 6]))
        let file = try zipped([
            ("x_train.npy", Self.features), ("y_train.npy", Self.labels), ("x_test.npy", more),
            ("y_test.npy", npy("|u1", [3], [5, 6, 5])),
        ])
        let error = try refusal { _ = try folder.read([file]) }
        #expect(error.code == .npzArrays && error.reason.contains("x_test (3, 2)"))
        var options = ImportOptions()
        options.label = "y_train"
        #expect(try folder.table(of: folder.read([file], options)) == Self.expected)
        options.label = "y_tran"
        #expect(try refusal { _ = try folder.read([file], options) }.code == .unknownColumn)
        options.label = nil
        options.only = ["x_test"]
        options.drop = ["y_train"]
        #expect(try folder.read([file], options).report.rows == 3)
    }

    @Test("Damaged and hostile archives are refused")
    func damage() throws {
        let members = [("X.npy", Self.features), ("y.npy", Self.labels)]
        let plain = try zipped(members)
        let zeros = npy("<f8", [2, 100_000], [UInt8](repeating: 0, count: 1_600_000))
        var bomb = ImportOptions()
        bomb.limits.ratioFreeBytes = 100_000
        bomb.limits.ratioMax = 100
        var flipped = plain
        flipped[plain.firstRange(of: doubles([3]))?.lowerBound ?? 0] ^= 1
        var renamed = plain
        renamed[30] ^= 1
        let deflated = ZipOptions(isDeflated: true)
        let cases: [([UInt8], DatasetError.Code)] = [
            (flipped, .zipCorrupt), (renamed, .zipCorrupt), (Array(plain.dropLast()), .zipCorrupt),
            (Array(plain.dropLast(60)), .zipCorrupt),
            (try zipped(members, ZipOptions(checksum: 1)), .zipCorrupt),
            (try zipped(members, ZipOptions(flags: 1)), .unsupportedCompression),
            (try zipped(members, ZipOptions(method: 12)), .unsupportedCompression),
            (try zipped(members, ZipOptions(isWide: true, claimedBytes: 1 << 41)), .tooLarge),
            (
                try zipped(members, ZipOptions(isDeflated: true, claimedBytes: 161)),
                .npyTrailingBytes
            ),
            (try zipped(members, ZipOptions(isDeflated: true, claimedBytes: 159)), .npyTruncated),
            (try zipped([("a.txt", [1])]), .unsupportedCompression),
            (try zipped([members[0], members[0]]), .zipCorrupt),
        ]
        for (number, (file, code)) in cases.enumerated() {
            let error = try refusal { _ = try folder.read([file]) }
            #expect(error.code == code, "case \(number): \(error)")
        }
        let large = try zipped([("X.npy", zeros), ("y.npy", Self.labels)], deflated)
        #expect(try refusal { _ = try folder.read([large], bomb) }.code == .zipRatio)
    }

    @Test("A scipy matrix of compressed rows gives its rows, sorted, without its zeros")
    func matrix() throws {
        let file = try csr(
            [3, 4],
            starts: [0, 2, 2, 5],
            columns: [1, 3, 2, 0, 1],
            [1, 2, 3, 4, 0]
        )
        let labels = npy("|u1", [3], [1, 0, 1])
        let staged = try folder.read([file, labels])
        #expect(staged.report.mapping == ColumnMapping(columns: nil, count: 4))
        #expect(staged.report.warnings.contains { $0.contains("sorted") && $0.contains("[2]") })
        #expect(staged.report.nonzeros == 4)
        let table = try folder.table(of: staged)
        #expect(table.rows == [[0, 1, 0, 2], [0, 0, 0, 0], [4, 0, 3, 0]])
    }

    @Test("A scipy matrix that makes no sense is refused")
    func badMatrix() throws {
        let labels = npy("|u1", [2], [1, 0])
        let cases: [([UInt8], DatasetError.Code)] = [
            (
                try csr([2, 3], starts: [0, 1, 2], columns: [0, 1], [1, 2], form: "csc"), .npyType
            ),
            (try csr([2, 3], starts: [0, 1, 3], columns: [0, 1], [1, 2]), .npyShape),
            (try csr([2, 3], starts: [0, 1, 1], columns: [0, 1], [1, 2]), .npyShape),
            (try csr([2, 3], starts: [1, 1, 2], columns: [0, 1], [1, 2]), .npyShape),
            (try csr([2, 3], starts: [0, 2, 1], columns: [0, 1], [1, 2]), .npyShape),
            (try csr([2, 3], starts: [0, 2], columns: [0, 1], [1, 2]), .npyShape),
            (try csr([2, 3], starts: [0, 1, 2], columns: [0, 3], [1, 2]), .badIndex),
            (try csr([2, 3], starts: [0, 1, 2], columns: [0, -1], [1, 2]), .badIndex),
            (try csr([2, 3], starts: [0, 2, 2], columns: [1, 1], [1, 2]), .duplicateIndex),
            (try csr([2, 3], starts: [0, 1, 2], columns: [0, 1], [1, .nan]), .notFinite),
            (
                try csr([2, 1 << 40], starts: [0, 1, 2], columns: [0, 1], [1, 2]), .tooManyColumns
            ),
            (try csr([0, 3], starts: [0], columns: [], []), .emptyDataset),
        ]
        for (number, (file, code)) in cases.enumerated() {
            let error = try refusal { _ = try folder.read([file, labels]) }
            #expect(error.code == code, "case \(number): \(error)")
        }
    }
}
