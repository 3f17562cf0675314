import Datasets
import Domain
import LinearAlgebra
import Testing

@Suite("Shards of bytes")
struct ByteShardTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let table =
        "a,b,c,y\n" + (0..<40).map { "\($0),\(255 - $0),\($0 % 3),\($0 % 2)\n" }.joined()

    /// Five images of 2 × 2 and their labels, as an IDX pair.
    private static let images: [[UInt8]] = [
        [0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 2]
            + (0..<20).map { UInt8($0 * 13 % 256) },
        [0, 0, 8, 1, 0, 0, 0, 5, 0, 1, 0, 1, 1],
    ]

    private func reader(_ files: [[UInt8]], _ layout: RowLayout?) throws -> MappedShardReader {
        var options = ImportOptions()
        options.layout = layout
        let staged = try folder.read(files, options)
        let file = try folder.file()
        let shard = try staged.writeInOrder(to: file)
        #expect(shard.layout.rowLayout == layout ?? .bytes)
        return try MappedShardReader(
            descriptor: file,
            layout: shard.layout,
            hash: shard.hash,
            classes: 2,
            name: "shard"
        )
    }

    @Test(
        "Values that are bytes are stored as bytes and read as the floats they stand for",
        arguments: [[Array(table.utf8)], images]
    )
    func same(files: [[UInt8]]) throws {
        let (bytes, floats) = (try reader(files, nil), try reader(files, .dense))
        #expect(bytes.layout.values == floats.layout.values)
        #expect(bytes.isSparse == false)
        let all = 0..<bytes.rows
        #expect(try values(of: bytes, all) == values(of: floats, all))
        #expect(try values(of: bytes, 1..<3) == values(of: floats, 1..<3))
        let order: [Int32] = [4, 0, 2, 2, 1]
        #expect(try gathered(bytes, order[...]) == gathered(floats, order[...]))
        #expect(try gathered(bytes, order[1..<3]) == gathered(floats, order[1..<3]))
    }

    @Test("A look inside a look leaves the outer one as it was")
    func nested() throws {
        let bytes = try reader([Array(Self.table.utf8)], nil)
        let first = try values(of: bytes, 0..<10)
        let outer = try bytes.withRows(0..<10) { batch -> [Float] in
            let inner = try? values(of: bytes, 10..<40)
            #expect(inner?.count == 120)
            return plain(batch)
        }
        #expect(outer == first)
    }

    @Test("Numbers of a text for a dataset of images are floats, whatever they are")
    func likeImages() throws {
        var options = ImportOptions()
        let mapping = ColumnMapping(columns: nil, count: 4, imageShape: [2, 2], divisor: 255)
        options.known = KnownColumns(mapping: mapping, labels: .classes(["0", "1"]))
        for layout in [nil, RowLayout.bytes] {
            options.layout = layout
            let staged = try folder.read("0 1:7 2:255\n1 1:3 2:1 3:2 4:9\n", options)
            #expect(staged.report.layout == .dense)
            #expect(try folder.table(of: staged).rows[0] == [7, 255, 0, 0])
        }
    }

    @Test("That all values are bytes is not told where it may not be, unless the form says so")
    func untold() throws {
        var options = ImportOptions()
        options.tellsBytes = false
        #expect(try folder.read([Array(Self.table.utf8)], options).report.layout == .dense)
        #expect(try folder.read(Self.images, options).report.layout == .bytes)
    }

    @Test("A manifest that makes no sense has the layout of no file")
    func nonsense() throws {
        let file = try folder.file()
        let staged = try folder.read(Self.table)
        let written = try staged.writeInOrder(to: file)
        for (rows, values) in [(40, 1), (-1, 3), (Int.max, 120), (40, Int.max)] {
            let layout = ShardLayout(
                ShardDescription(
                    index: 0,
                    rows: rows,
                    values: values,
                    bytes: written.layout.fileBytes,
                    hash: written.hash,
                    holders: []
                ),
                of: manifest(staged.report, .bytes)
            )
            #expect(layout.rows == 0)
            #expect(layout.fileBytes != written.layout.fileBytes)
        }
    }

    private func manifest(_ report: ImportReport, _ layout: RowLayout) -> DatasetManifest {
        DatasetManifest(
            tenant: .default,
            name: DatasetName(checked: "x"),
            version: ContentHash(bytes: [UInt8](repeating: 0, count: 32)),
            layout: layout,
            rows: report.rows,
            columns: report.columns,
            nonzeros: report.nonzeros,
            mapping: report.mapping,
            labels: .real,
            classCounts: [],
            constantColumns: [],
            shards: [],
            seed: 0,
            format: "csv",
            warnings: [],
            addedAt: 0
        )
    }

    @Test(
        "A value that is no byte has all stored as floats",
        arguments: ["0.5", "256", "-1", "1e9"]
    )
    func noByte(value: String) throws {
        #expect(try folder.read("a,y\n1,0\n2,1\n").report.layout == .bytes)
        #expect(try folder.read("a,y\n1,0\n\(value),1\n").report.layout == .dense)
        var options = ImportOptions()
        options.layout = .bytes
        #expect(try folder.read("a,y\n1,0\n\(value),1\n", options).report.layout == .dense)
    }
}

private func values(of reader: MappedShardReader, _ range: Range<Int>) throws -> [Float] {
    try reader.withRows(range, plain)
}

private func gathered(
    _ reader: MappedShardReader,
    _ numbers: ArraySlice<Int32>
) throws -> [Float] {
    let buffer = BatchBuffer(columns: reader.columns, isSparse: false, isReal: false)
    try reader.append(numbers, to: buffer)
    return buffer.withBatch(plain)
}

/// All values, then all classes.
private func plain(_ batch: Batch) -> [Float] {
    var numbers: [Float] = []
    if case .dense(let base) = batch.features {
        numbers += UnsafeBufferPointer(start: base, count: batch.rows * batch.columns)
    }
    if case .classes(let classes) = batch.labels {
        numbers += (0..<batch.rows).map { Float(classes[$0]) }
    }
    return numbers
}
