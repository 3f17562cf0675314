import Datasets
import Domain
import Foundation
import Glibc
import Testing
import Wire

@Suite("Shards")
struct ShardTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Rows sorted by label, in three classes of 11, 6 and 4.
    private static let sorted =
        "a,b,y\n" + (0..<21).map { "\($0),\($0 * $0),\($0 < 11 ? 0 : $0 < 17 ? 1 : 2)\n" }.joined()

    private func shards(
        _ text: String,
        _ count: Int,
        seed: UInt64
    ) throws -> [(file: Int32, shard: WrittenShard)] {
        let staged = try folder.read(text)
        let files = try (0..<count).map { _ in try folder.file() }
        return Array(zip(files, try staged.writeShards(to: files, seed: seed)))
    }

    @Test("Rows and classes differ by one at most between shards", arguments: [1, 2, 3, 5, 30])
    func stratified(count: Int) throws {
        let written = try shards(Self.sorted, count, seed: 7)
        let tables = try written.map { try PlainTable($0.file, $0.shard, classes: 3) }
        let all = tables.flatMap { $0.rows.map { $0[0] } }.sorted()
        #expect(all == (0..<21).map(Float.init))
        for table in tables {
            for (row, label) in zip(table.rows, table.classes) {
                #expect(row[1] == row[0] * row[0])
                #expect(label == (row[0] < 11 ? 0 : row[0] < 17 ? 1 : 2))
            }
        }
        for label in Int32(0)..<3 {
            let counts = tables.map { table in table.classes.count { $0 == label } }
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        }
        let sizes = tables.map(\.rows.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }

    @Test("One seed gives the same bytes, another seed others")
    func seeded() throws {
        let first = try shards(Self.sorted, 2, seed: 1)
        let second = try shards(Self.sorted, 2, seed: 1)
        #expect(first.map(\.shard) == second.map(\.shard))
        #expect(
            try first.map { try folder.contents(of: $0.file) }
                == second.map { try folder.contents(of: $0.file) }
        )
        #expect(try shards(Self.sorted, 2, seed: 2).map(\.shard) != first.map(\.shard))
    }

    @Test("Labels that were sorted are mixed within a shard")
    func mixed() throws {
        let written = try shards(Self.sorted, 1, seed: 3)
        let classes = try PlainTable(written[0].file, written[0].shard, classes: 3).classes
        #expect(classes != classes.sorted())
    }

    @Test(
        "The header is what safetensors wants: no holes, and tensors at multiples of 64 bytes",
        arguments: [
            "a,b,y\n1,2,0\n3,4,1\n4,4,1\n", "1 1:1 90:1\n2 5:1\n1 7:1 8:1 9:1\n",
            "0.5 1:1\n1.5 9:2\n", "a,b,y\n1,2.5,0\n3,4,1\n4,4,1\n",
        ]
    )
    func header(text: String) throws {
        let written = try shards(text, 1, seed: 0)[0]
        let bytes = try folder.contents(of: written.file)
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect((8 + length) % 64 == 0)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any]
        )
        var ranges: [Range<Int>] = []
        for (name, value) in json where name != "__metadata__" {
            let tensor = try #require(value as? [String: Any])
            let offsets = try #require(tensor["data_offsets"] as? [Int])
            let shape = try #require(tensor["shape"] as? [Int])
            let width = ["F32": 4, "I32": 4, "I64": 8, "U8": 1][tensor["dtype"] as? String ?? ""]
            #expect(offsets[1] - offsets[0] == shape.reduce(1, *) * (width ?? 0))
            if !name.hasPrefix("padding") { #expect(offsets[0] % 64 == 0) }
            ranges.append(offsets[0]..<offsets[1])
        }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        #expect(ranges.first?.lowerBound == 0)
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(ranges.last?.upperBound == bytes.count - 8 - length)
    }

    @Test("The layout survives the seam, and nonsense does not")
    func layoutOnTheWire() throws {
        let layouts = [
            ShardLayout(rows: 5, columns: 3, values: 4, rowLayout: .sparse, labels: .real),
            ShardLayout(rows: 5, columns: 3, values: 15, rowLayout: .dense, labels: nil),
            ShardLayout(rows: 5, columns: 3, values: 15, rowLayout: .bytes, labels: .classes),
            ShardLayout(
                rows: 5,
                columns: 3,
                values: 15,
                rowLayout: .bytes,
                divisor: 255,
                labels: .classes
            ),
        ]
        for layout in layouts {
            var writer = ByteWriter()
            layout.write(to: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(try ShardLayout(from: &reader) == layout)
        }
        var bad = ByteWriter()
        for number in [Int64.max, 3, 4] { bad.write(number) }
        bad.write(false)
        bad.write(UInt8(1))
        var badReader = ByteReader(bad.bytes)
        #expect(throws: WireError.self) { try ShardLayout(from: &badReader) }
        var strange = ByteWriter()
        for number in [Int64(5), 3, 15] { strange.write(number) }
        for byte in [UInt8(4), 1] { strange.write(byte) }
        var strangeReader = ByteReader(strange.bytes)
        #expect(throws: WireError.self) { try ShardLayout(from: &strangeReader) }
    }

    @Test("A shard file that takes no bytes is an error of its own")
    func unwritable() throws {
        let staged = try folder.read(Self.sorted)
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        #expect(
            try refusal { _ = try staged.writeShards(to: [file], seed: 0) }.code == .writeFailed
        )
    }

    @Test("A version has real labels, none, or classes, as the source had")
    func labelTypes() throws {
        #expect(try shards("0.5 1:1\n1.5 9:2\n", 1, seed: 0)[0].shard.layout.labels == .real)
        #expect(try shards(Self.sorted, 1, seed: 0)[0].shard.layout.labels == .classes)
    }
}
