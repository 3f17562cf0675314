import Datasets
import Testing

@Suite("Arrays that are refused")
struct NumPyRefusalTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let features = npy("<f8", [2, 2], doubles([1, 2, 3, 4]))
    private static let labels = npy("|u1", [2], [0, 1])

    private static func head(_ text: String) -> [UInt8] {
        npy(dictionary: text, doubles([1, 2, 3, 4]))
    }

    private static let cases: [(files: [[UInt8]], code: DatasetError.Code)] = [
        ([features], .npyPair), ([labels], .npyPair), ([features, labels, labels], .npyPair),
        ([features, npy("|u1", [3], [0, 1, 0])], .npyPair),
        ([Array(features.dropLast()), labels], .npyTruncated),
        ([Array(features[..<40]), labels], .npyTruncated),
        ([features + [0], labels], .npyTrailingBytes),
        ([features, Array("1,2\n3,4\n".utf8)], .unknownFormat),
        ([npy("|O", [2, 2], []), labels], .npyType),
        ([npy("<f2", [2, 2], [0, 0, 0, 0, 0, 0, 0, 0]), labels], .npyType),
        ([npy("<c8", [1, 1], doubles([1])), labels], .npyType),
        ([npy("f8", [2, 2], doubles([1, 2, 3, 4])), labels], .npyType),
        ([npy("[('a', '<f8'), ('b', '<f8')]", [2], doubles([1, 2, 3, 4])), labels], .npyType),
        ([npy("<f8", [2, 2], doubles([1, 2, .infinity, 4])), labels], .notFinite),
        ([npy("<f8", [2, 2], doubles([1, 2, 1e39, 4])), labels], .outOfRange),
        ([npy("<f8", [2, 2], doubles([1, 2, .nan, 4])), labels], .missingValue),
        ([npy("|b1", [2, 2], [0, 1, 2, 0]), labels], .badNumber),
        ([npy("<f8", [0, 2], []), npy("|u1", [0], [])], .emptyDataset),
        ([npy("<f8", [2, 0], []), labels], .noFeatures),
        ([npy("<f8", [2, 1, 1, 1, 2], doubles([1, 2, 3, 4])), labels], .npyShape),
        (
            [npy("|u1", [1, 3, 5, 5], [UInt8](repeating: 0, count: 75)), npy("|u1", [1], [0])],
            .npyShape
        ),
        ([features, npy("|u1", [2, 2], [0, 1, 1, 0])], .npyPair),
        ([features, npy("|S1", [2, 2], [0x61, 0x62, 0x61, 0x62])], .npyShape),
        ([features, npy("<f8", [2], doubles([1, .nan]))], .badLabel),
        ([features, npy("|S2", [2], [0x61, 0, 0xFF, 0])], .notUTF8),
        ([features, npy("|S1", [2], [0x61, 0])], .missingLabel),
        ([npy("<f8", [1 << 40, 1 << 40], []), labels], .tooManyColumns),
        ([npy("<f8", [1 << 40, 2], []), labels], .tooManyRows),
        (
            [features, labels, npy("<f8", [1, 3], doubles([1, 2, 3])), npy("|u1", [1], [0])],
            .columnsDiffer
        ),
        ([head("{'descr': '<f8', 'fortran_order': False, 'shape': (2)}"), labels], .npyHeader),
        ([head("{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 2)}"), labels], .npyHeader),
        ([head("{'descr': '<f8', 'shape': (2, 2)}"), labels], .npyHeader),
        (
            [
                head("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}"),
                labels,
            ], .npyHeader
        ),
        ([head("{'descr': '<f8', 'fortran_order': False, 'shape': (2, -2)}"), labels], .npyHeader),
        (
            [head("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)} + 1"), labels],
            .npyHeader
        ),
        ([head("__import__('os')"), labels], .npyHeader), ([head(""), labels], .npyHeader),
        ([npy("<f8", [2, 2], doubles([1, 2, 3, 4]), version: 4), labels], .npyHeader),
    ]

    @Test("Each with its own word, and a reason", arguments: cases.indices)
    func refused(index: Int) throws {
        let (files, code) = Self.cases[index]
        let error = try refusal { _ = try folder.read(files) }
        #expect(error.code == code, "\(error)")
        #expect(error.file != nil && !error.reason.isEmpty)
    }

    @Test("Flips, cuts and splices of arrays, 150 of each kind", arguments: 0..<3)
    func mutate(kind: Int) throws {
        var random = TestRandom(UInt64(kind) + 5)
        let matrix = try csr([2, 4], starts: [0, 2, 3], columns: [1, 3, 0], [1, 2, 3])
        let sources = [
            Self.features, matrix, try zipped([("X.npy", Self.features), ("y.npy", Self.labels)]),
            try zipped(
                [("X.npy", Self.features), ("y.npy", Self.labels)],
                ZipOptions(isDeflated: true, isWide: true)
            ),
        ]
        for _ in 0..<150 {
            var bytes = sources[Int.random(in: 0..<sources.count, using: &random)]
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch kind {
            case 0:
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[index] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
                }
            case 1: bytes.removeLast(bytes.count - place)
            default:
                let other = sources[Int.random(in: 0..<sources.count, using: &random)]
                let from = Int.random(in: 0..<other.count, using: &random)
                bytes.replaceSubrange(place..., with: other[from...])
            }
            for files in [[bytes], [bytes, Self.labels]] {
                do {
                    let staged = try folder.read(files)
                    _ = try staged.writeShards(to: [folder.file()], seed: 1)
                } catch let error as DatasetError {
                    #expect(!error.reason.isEmpty)
                }
            }
        }
    }
}
