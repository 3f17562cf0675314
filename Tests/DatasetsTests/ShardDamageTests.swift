import Datasets
import Domain
import LinearAlgebra
import Testing

@Suite("Damaged shards are noticed before they are used")
struct ShardDamageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func shard(_ text: String) throws -> (bytes: [UInt8], shard: WrittenShard) {
        let staged = try folder.read(text)
        let file = try folder.file()
        let written = try staged.writeShards(to: [file], seed: 5)
        return (try folder.contents(of: file), written[0])
    }

    /// What reading all rows says, nil where nothing is wrong.
    private func problem(
        _ bytes: [UInt8],
        _ shard: WrittenShard,
        classes: Int = 2
    ) throws -> String? {
        let file = try folder.file(bytes)
        do {
            let reader = try MappedShardReader(
                descriptor: file,
                layout: shard.layout,
                hash: shard.hash,
                classes: classes,
                name: "shard 0"
            )
            try reader.withRows(0..<reader.rows) { _ in }
        } catch let error as DatasetError {
            #expect(error.code == .dataCorrupt)
            return "\(error)"
        } catch let error as RowSourceError {
            return "\(error)"
        }
        return nil
    }

    private static let dense = "a,b,y\n" + (0..<9_000).map { "\($0),2,\($0 % 2)\n" }.joined()
    private static let sparse = (0..<3_000).map { "\($0 % 2) 1:\($0 + 1) 40:1\n" }.joined()

    /// A hundred bytes in each kind of shard.
    @Test("Every flipped byte that reading touches is caught", arguments: [dense, sparse])
    func flips(text: String) throws {
        let (bytes, shard) = try shard(text)
        #expect(try problem(bytes, shard) == nil)
        #expect(bytes.count == shard.layout.fileBytes)
        var random = TestRandom(8)
        let places =
            [0, 9, 300, bytes.count - 1]
            + (0..<96).map { _ in
                Int.random(in: 0..<bytes.count, using: &random)
            }
        for place in places {
            var damaged = bytes
            damaged[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            #expect(try problem(damaged, shard) != nil, "byte \(place) was not missed")
            let file = try folder.file(damaged)
            let isCaught: Bool
            do {
                let found = try shardHash(of: file, layout: shard.layout, name: "shard 0")
                isCaught = found != shard.hash
            } catch {
                isCaught = true
            }
            #expect(isCaught, "verify did not see byte \(place)")
        }
    }

    @Test("The page is named")
    func page() throws {
        var (bytes, shard) = try shard(Self.dense)
        bytes[70_000] ^= 1
        let text = try #require(try problem(bytes, shard))
        #expect(text == "shard 0: page 1, from byte 65536 on, is not what was stored")
        let file = try folder.file(bytes)
        let error = try refusal {
            _ = try shardHash(of: file, layout: shard.layout, name: "shard 0")
        }
        #expect(error.code == .dataCorrupt && error.reason.contains("page 1,"))
    }

    @Test("Rows on intact pages are read although another page is damaged")
    func otherPages() throws {
        let text = "a,b,y\n" + (0..<20_000).map { "\($0),2,\($0 % 2)\n" }.joined()
        var (bytes, shard) = try shard(text)
        bytes[70_000] ^= 1
        let reader = try MappedShardReader(
            descriptor: try folder.file(bytes),
            layout: shard.layout,
            hash: shard.hash,
            classes: 2,
            name: "shard 0"
        )
        #expect(try reader.withRows(0..<10) { $0.rows } == 10)
        #expect(throws: RowSourceError.self) { try reader.withRows(8_300..<8_310) { $0.rows } }
    }

    @Test("Another length, another hash, another shard are refused")
    func others() throws {
        let (bytes, shard) = try shard(Self.sparse)
        #expect(try problem(Array(bytes.dropLast()), shard) != nil)
        #expect(try problem(bytes + [0], shard) != nil)
        var foreign = shard
        foreign.hash = contentHash(of: [1])
        #expect(try problem(bytes, foreign) != nil)
    }

    @Test("A label that no class has is damage, whoever wrote it")
    func classes() throws {
        let (bytes, shard) = try shard(Self.sparse)
        #expect(try problem(bytes, shard, classes: 1)?.contains("the number 1") == true)
    }

    @Test("The digests that a shard states are those that its hash is made of")
    func digests() throws {
        let (bytes, shard) = try shard(Self.sparse)
        let stated = try statedDigests(
            of: try folder.file(bytes),
            layout: shard.layout,
            name: "shard 0"
        )
        #expect(contentHash(of: stated) == shard.hash)
        #expect(stated.count == 32 * shard.layout.pages)
    }
}
