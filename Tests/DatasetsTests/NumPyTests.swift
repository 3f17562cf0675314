import Datasets
import Domain
import Testing

@Suite("NumPy arrays")
struct NumPyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let labels = npy("<i8", [3], bytes([Int64(7), -1, 7]))
    /// 1, 2, 3 / 4, 5, 6 / 7, 8, 9 in C order.
    private static let expected: [[Float]] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]

    private static let types: [(descr: String, bytes: [UInt8])] = {
        let whole = Array(1...9)
        let single = whole.map { Float($0).bitPattern }
        let double = whole.map { Double($0).bitPattern }
        return [
            ("<f4", bytes(single)), (">f4", bytes(single, isBig: true)),
            ("<f8", bytes(double)), (">f8", bytes(double, isBig: true)),
            ("|i1", bytes(whole.map { Int8($0) })), ("|u1", bytes(whole.map { UInt8($0) })),
            ("<i2", bytes(whole.map { Int16($0) })),
            (">i2", bytes(whole.map { Int16($0) }, isBig: true)),
            ("<u2", bytes(whole.map { UInt16($0) })), ("<i4", bytes(whole.map { Int32($0) })),
            (">u4", bytes(whole.map { UInt32($0) }, isBig: true)),
            ("<i8", bytes(whole.map { Int64($0) })), ("<u8", bytes(whole.map { UInt64($0) })),
        ]
    }()

    @Test("Every type gives the same rows, in either order of bytes", arguments: types.indices)
    func everyType(index: Int) throws {
        let type = Self.types[index]
        let features = npy(type.descr, [3, 3], type.bytes)
        for files in [[features, Self.labels], [Self.labels, features]] {
            let staged = try folder.read(files)
            #expect(staged.report.format == "npy")
            #expect(staged.report.mapping.columns?.map(\.name) == ["c1", "c2", "c3"])
            #expect(staged.report.labels == .classes(["-1", "7"]))
            let table = try folder.table(of: staged)
            #expect(table.rows == Self.expected)
            #expect(table.classes == [1, 0, 1])
        }
    }

    @Test("Negative numbers, truth values and tiny ones")
    func values() throws {
        let cases: [(String, [UInt8], [Float])] = [
            ("|b1", [0, 1, 1, 0], [0, 1, 1, 0]),
            ("|i1", bytes([Int8(-128), 0, 1, 127]), [-128, 0, 1, 127]),
            ("<f8", doubles([-0.5, 1e-40, 0.1, 1e38]), [-0.5, 0, 0.1, 1e38]),
        ]
        for (descr, bytes, expected) in cases {
            let staged = try folder.read([npy(descr, [2, 2], bytes), npy("|u1", [2], [0, 1])])
            #expect(try folder.table(of: staged).rows.flatMap { $0 } == expected, "\(descr)")
        }
    }

    @Test("All three versions of the head, and gzip around it", arguments: [UInt8(1), 2, 3])
    func versions(version: UInt8) throws {
        let features = npy("<f8", [3, 3], doubles((1...9).map(Double.init)), version: version)
        for file in [features, try gzipped(features)] {
            #expect(try folder.table(of: folder.read([file, Self.labels])).rows == Self.expected)
        }
    }

    @Test("Fortran's order gives the rows of C order, in two and more dimensions")
    func fortran() throws {
        let columns = doubles([1, 4, 7, 2, 5, 8, 3, 6, 9])
        let features = npy("<f8", [3, 3], columns, isFortran: true)
        #expect(try folder.table(of: folder.read([features, Self.labels])).rows == Self.expected)
        // Element (n, y, x) of 2 × 2 × 3 is 100 n + 10 y + x; n varies fastest, then y.
        var values: [UInt8] = []
        for x in 0..<3 {
            for y in 0..<2 { for n in 0..<2 { values.append(UInt8(100 * n + 10 * y + x)) } }
        }
        let images = npy("|u1", [2, 2, 3], values, isFortran: true)
        let table = try folder.table(of: folder.read([images, npy("|u1", [2], [0, 1])]))
        #expect(table.rows[1] == [100, 101, 102, 110, 111, 112].map { $0 / 255 })
        var options = ImportOptions()
        options.limits.turnedBytesMax = 143
        #expect(
            try refusal { _ = try folder.read([features, Self.labels], options) }.code == .npyOrder
        )
    }

    @Test("Labels are whole numbers, reals, truth values or texts, in one column or none")
    func labels() throws {
        let features = npy("|u1", [3, 1], [1, 2, 3])
        let text = "dog\0cat\0é\0\0\0".unicodeScalars.map(\.value)
        let cases: [([UInt8], LabelKind)] = [
            (npy("|b1", [3], [1, 0, 1]), .classes(["0", "1"])),
            (
                npy("<f4", [3, 1], bytes([Float(2), 1, 2].map(\.bitPattern))), .classes(["1", "2"])
            ),
            (npy("<f8", [3], doubles([0.5, 1.25, -2])), .real),
            (npy("|S3", [3], Array("dogcatdog".utf8)), .classes(["cat", "dog"])),
            (npy("<U4", [3], bytes(text)), .classes(["cat", "dog", "é"])),
            (npy(">U4", [3], bytes(text, isBig: true)), .classes(["cat", "dog", "é"])),
        ]
        for (labels, kind) in cases {
            #expect(try folder.read([features, labels]).report.labels == kind)
        }
    }

    @Test("Bytes in three or four dimensions are images, as the same IDX files are")
    func images() throws {
        let pixels: [UInt8] = [0, 255, 51, 0, 1, 2, 3, 4, 9, 9, 9, 9]
        let pair = try folder.read([idx([3, 2, 2], pixels), idx([3], [7, 1, 7])])
        for shape in [[3, 2, 2], [3, 2, 2, 1]] {
            let labels = npy("|u1", [3], [7, 1, 7])
            let staged = try folder.read([npy("|u1", shape, pixels), labels])
            #expect(staged.report.mapping == pair.report.mapping)
            #expect(try folder.table(of: staged) == folder.table(of: pair))
        }
        let colours = npy("|u1", [3, 2, 1, 2], pixels)
        let staged = try folder.read([colours, npy("|u1", [3], [7, 1, 7])])
        #expect(staged.report.mapping.imageShape == [2, 1, 2])
    }

    @Test("A missing value is refused, or becomes what was asked for and is kept for new data")
    func missing() throws {
        let features = npy("<f8", [4, 2], doubles([1, 2, .nan, 4, 3, 6, 5, .nan]))
        let labels = npy("|u1", [4], [0, 1, 0, 1])
        let error = try refusal { _ = try folder.read([features, labels]) }
        #expect(error.code == .missingValue && error.reason.contains("[1, 0]"))
        var options = ImportOptions()
        options.missing = .mean
        let staged = try folder.read([features, labels], options)
        #expect(try folder.table(of: staged).rows == [[1, 2], [3, 4], [3, 6], [5, 4]])
        var known = ImportOptions()
        known.known = KnownColumns(mapping: staged.report.mapping, labels: nil)
        let row = try folder.read([npy("<f8", [1, 2], doubles([.nan, 8]))], known)
        #expect(try folder.table(of: row).rows == [[3, 8]])
    }

    @Test("Numbered columns are the same from an array and from a table without a header")
    func known() throws {
        let staged = try folder.read("1,2,a\n3,4,b\n5,6,a\n")
        var options = ImportOptions()
        options.known = KnownColumns(mapping: staged.report.mapping, labels: staged.report.labels)
        let features = npy("<f8", [2, 2], doubles([7, 8, 9, 10]))
        let table = try folder.table(
            of: folder.read([features, npy("|S1", [2], [0x62, 0x61])], options)
        )
        #expect(table == PlainTable(rows: [[7, 8], [9, 10]], classes: [1, 0]))
        let wide = npy("<f8", [2, 3], doubles([7, 8, 9, 10, 11, 12]))
        options.known?.labels = nil
        let error = try refusal { _ = try folder.read([wide], options) }
        #expect(
            error.code == .columnsDiffer && error.reason.contains("3") && error.reason.contains("2")
        )
    }
}
