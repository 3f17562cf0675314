import Datasets
import Domain
import Foundation
import Glibc
import LinearAlgebra
import Testing

@Suite("Shards larger than memory")
struct ResidencyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Bytes of a file that are mapped into this process now.
    private func residentBytes(of descriptor: Int32) throws -> Int {
        var facts = stat()
        try #require(fstat(descriptor, &facts) == 0)
        var bytes = 0
        var isOurs = false
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            if words.count >= 5, words[0].contains("-") {
                isOurs = words[4] == "\(facts.st_ino)"
            } else if isOurs, words.first == "Rss:" {
                bytes += (Int(words[1]) ?? 0) << 10
            }
        }
        return bytes
    }

    /// A dense shard of some 13 MB: the value of a row is its number.
    private func shard() throws -> (file: Int32, shard: WrittenShard) {
        let text = (0..<26_000).map { "\($0 % 2) 1:\($0) 128:1\n" }.joined()
        var options = ImportOptions()
        options.layout = .dense
        let staged = try folder.read(text, options)
        let file = try folder.file()
        return (file, try staged.writeInOrder(to: file))
    }

    private func reader(
        _ made: (file: Int32, shard: WrittenShard),
        _ residency: Residency?
    ) throws -> MappedShardReader {
        try MappedShardReader(
            descriptor: made.file,
            layout: made.shard.layout,
            hash: made.shard.hash,
            classes: 2,
            name: "shard",
            residency: residency
        )
    }

    @Test("However it is read, no more than the bound is mapped in, and every row is right")
    func bounded() throws {
        let made = try shard()
        let bound = 4 << 20
        let bounded = try reader(made, Residency(bytesMax: bound))
        var random = TestRandom(5)
        var rows = (0..<26_000).shuffled(using: &random).prefix(4_000).map { $0..<$0 + 1 }
        rows += stride(from: 0, to: 26_000, by: 1_000).map { $0..<$0 + 1_000 }
        var most = 0
        for (count, range) in rows.enumerated() {
            let isRight = try bounded.withRows(range) { batch in
                guard case .dense(let base) = batch.features else { return false }
                return range.allSatisfy { base[($0 - range.lowerBound) * 128] == Float($0) }
            }
            #expect(isRight, "rows \(range)")
            if count % 500 == 0 || range.count > 1 {
                most = max(most, try residentBytes(of: made.file))
            }
        }
        // The digests, one in two thousand, are read before the bound begins to count.
        #expect(most <= bound + (64 << 10))
        #expect(most > bound / 2)
        let free = try reader(made, nil)
        try free.withRows(0..<26_000) { batch in #expect(batch.rows == 26_000) }
        #expect(try residentBytes(of: made.file) > 2 * bound)
        #expect(free.windowRows == nil)
    }

    @Test("A window is half of what may be mapped in, and files that fit have none")
    func windows() throws {
        let made = try shard()
        let bytes = made.shard.layout.fileBytes
        #expect(Residency(limit: 2 * bytes, fileBytes: bytes) == nil)
        let residency = try #require(Residency(limit: 20 << 20, fileBytes: bytes))
        #expect(residency.bytesMax == 5 << 20)
        let window = try #require(try reader(made, residency).windowRows)
        #expect(window == (5 << 19) / (bytes / 26_000))
    }

    @Test("Two files share one bound, and one that is closed leaves its room to the other")
    func shared() throws {
        let (one, other) = (try shard(), try shard())
        let residency = Residency(bytesMax: 4 << 20)
        let kept = try reader(one, residency)
        var closed: MappedShardReader? = try reader(other, residency)
        for start in stride(from: 0, to: 26_000, by: 500) {
            try kept.withRows(start..<start + 500) { #expect($0.rows == 500) }
            try closed?.withRows(start..<start + 500) { #expect($0.rows == 500) }
        }
        let both = try residentBytes(of: one.file) + residentBytes(of: other.file)
        #expect(both <= (4 << 20) + (128 << 10))
        closed = nil
        #expect(try residentBytes(of: other.file) == 0)
        for start in stride(from: 0, to: 26_000, by: 500) {
            try kept.withRows(start..<start + 500) { #expect($0.rows == 500) }
        }
        #expect(try residentBytes(of: one.file) <= (4 << 20) + (64 << 10))
    }
}
