import Datasets
import Testing

@Suite("Mutated files are read or refused, and nothing else")
struct MutationTests {
    private static let sources: [[UInt8]] = {
        let table =
            "a,b,t,label\n1,2.5,x,yes\n-3,4e2,\"y,z\",no\n5,\"6\",x,yes\r\n7,?,\"q\"\"\",no\n"
        let text = "+1 1:0.5 7:-2 # x\n-1 2:1e3\n+1 3:4\n-1 1:1 2:2 3:3\n"
        let images = idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])
        return [Array(table.utf8), Array(text.utf8), images]
    }()

    @Test("Flips, cuts, splices and runs, 500 of each kind", arguments: 0..<4)
    func mutate(kind: Int) throws {
        let folder = try TemporaryFolder()
        var random = TestRandom(UInt64(kind) + 77)
        var options = ImportOptions()
        options.missing = .zero
        for _ in 0..<500 {
            let source = Self.sources[Int.random(in: 0..<Self.sources.count, using: &random)]
            var mutant = Self.mutant(of: source, kind: kind, &random)
            if Int.random(in: 0..<5, using: &random) == 0 {
                mutant = Self.mutant(of: try gzipped(mutant), kind: kind, &random)
            }
            do {
                let staged = try folder.read([mutant, idx([2], [0, 1])], options)
                #expect(staged.report.rows > 0)
                _ = try staged.writeShards(to: [folder.file(), folder.file()], seed: 1)
            } catch let error as DatasetError {
                #expect(!error.reason.isEmpty)
            }
            do {
                _ = try folder.read([mutant], options)
            } catch let error as DatasetError {
                #expect(!error.reason.isEmpty)
            }
        }
    }

    private static func mutant(
        of source: [UInt8],
        kind: Int,
        _ random: inout TestRandom
    ) -> [UInt8] {
        var bytes = source
        let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
        switch kind {
        case 0:
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            }
        case 1: bytes.removeLast(bytes.count - place)
        case 2:
            let other = sources[Int.random(in: 0..<sources.count, using: &random)]
            let from = Int.random(in: 0..<other.count, using: &random)
            bytes.insert(contentsOf: other[from...], at: place)
        default:
            let letters: [UInt8] = Array("\"\n\r,;:|#0-.e?\t \u{0}".utf8) + [0xFF, 0xC3]
            let letter = letters[Int.random(in: 0..<letters.count, using: &random)]
            let count = Int.random(in: 1...300, using: &random)
            bytes.insert(contentsOf: repeatElement(letter, count: count), at: place)
        }
        return bytes
    }
}
