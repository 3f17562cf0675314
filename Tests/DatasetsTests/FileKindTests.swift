import Datasets
import Domain
import Glibc
import Testing

@Suite("What kind of file it is")
struct FileKindTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let text = Array("1 1:0.5\n2 2:0.25\n".utf8)

    @Test("Gzip is told by its first bytes, in one member or several")
    func members() throws {
        let plain = try folder.table("1 1:0.5\n2 2:0.25\n")
        let whole = try folder.read([gzipped(Self.text)])
        #expect(try folder.table(of: whole) == plain)
        let single = try Self.text.flatMap { try gzipped([$0]) }
        #expect(try folder.table(of: folder.read([single])) == plain)
        let parts = try gzipped(Array(Self.text[..<5])) + gzipped(Array(Self.text[5...]))
        #expect(try folder.table(of: folder.read([parts])) == plain)
    }

    @Test("Gzip that ends too early is refused wherever it is cut")
    func truncated() throws {
        let whole = try gzipped(Self.text)
        for count in [3, 10, 12, whole.count / 2, whole.count - 9, whole.count - 1] {
            let error = try refusal { _ = try folder.read([Array(whole[..<count])]) }
            #expect(error.code == .gzipTruncated, "cut at \(count): \(error)")
        }
    }

    @Test("Other bytes behind gzip are refused")
    func trailing() throws {
        let file = try gzipped(Self.text) + Array("garbage".utf8)
        #expect(try refusal { _ = try folder.read([file]) }.code == .gzipTrailingBytes)
    }

    @Test("A flipped byte within gzip is refused")
    func corrupt() throws {
        var file = try gzipped(Self.text)
        file[file.count - 6] ^= 1
        #expect(try refusal { _ = try folder.read([file]) }.code == .gzipCorrupt)
    }

    @Test("A bomb is refused once its ratio shows")
    func bomb() throws {
        var options = ImportOptions()
        options.limits.ratioMax = 100
        options.limits.ratioFreeBytes = 100_000
        let rows = String(repeating: "1 1:1\n", count: 300_000)
        let file = try gzipped(Array(rows.utf8))
        #expect(try refusal { _ = try folder.read([file], options) }.code == .gzipRatio)
        options.limits = ImportLimits()
        options.limits.bytesMax = 1 << 20
        #expect(try refusal { _ = try folder.read([file], options) }.code == .tooLarge)
    }

    @Test("Whatever is no regular file is refused")
    func kinds() throws {
        for path in ["/dev/zero", "/tmp"] {
            let descriptor = open(path, O_RDONLY | O_NONBLOCK)
            defer { close(descriptor) }
            let error = try refusal {
                _ = try Importer.read(
                    [ImportFile(name: path, descriptor: descriptor)],
                    options: ImportOptions(),
                    staging: try folder.file()
                )
            }
            #expect(error.code == .notRegularFile)
        }
    }

    @Test("A file that shrinks while it is read is refused")
    func shrinking() throws {
        let rows = (0..<200_000).map { "\($0 % 2) 1:\($0)\n" }.joined()
        let file = try folder.file(Array(rows.utf8))
        let error = try refusal {
            _ = try Importer.read(
                [ImportFile(name: "a", descriptor: file)],
                options: ImportOptions(),
                staging: try folder.file()
            ) { _ in
                ftruncate(file, 700_000)
                return true
            }
        }
        #expect(error.code == .fileChanged)
    }

    @Test("A disk that fills up while rows are staged is told as such")
    func fullDisk() throws {
        let full = open("/dev/full", O_RDWR)
        defer { close(full) }
        let error = try refusal {
            _ = try Importer.read(
                [ImportFile(name: "a", descriptor: try folder.file(Self.text))],
                options: ImportOptions(),
                staging: full
            )
        }
        #expect(error.code == .noSpace)
    }

    @Test("Columns separated by blanks are refused with the way to separate them")
    func blanks() throws {
        let error = try refusal { _ = try folder.read("1.5 2 0\n2.5 1 1\n") }
        #expect(error.code == .unknownFormat)
        #expect(error.hint?.contains("commas") == true)
    }

    @Test("Reading stops when it is told to")
    func stopped() throws {
        let error = try refusal {
            _ = try Importer.read(
                [ImportFile(name: "a", descriptor: try folder.file(Self.text))],
                options: ImportOptions(),
                staging: try folder.file()
            ) { _ in false }
        }
        #expect(error.code == .stopped)
    }

    @Test("IDX pairs are read in either order, divided by 255, gzipped too")
    func idxPair() throws {
        let images = idx([3, 2, 2], [0, 255, 51, 0, 1, 2, 3, 4, 0, 0, 0, 0])
        let labels = idx([3], [7, 1, 7])
        for files in [[images, labels], [labels, images], [try gzipped(labels), images]] {
            let staged = try folder.read(files)
            #expect(staged.report.mapping.imageShape == [2, 2])
            #expect(staged.report.mapping.divisor == 255)
            let table = try folder.table(of: staged)
            #expect(table.rows[0] == [0, 1, 0.2, 0])
            #expect(table.classes == [1, 0, 1])
            #expect(staged.report.zeroRows == 1)
        }
    }

    @Test("IDX files that do not belong together are refused")
    func badIDX() throws {
        let images = idx([2, 1, 2], [1, 2, 3, 4])
        let labels = idx([2], [0, 1])
        var floats = images
        floats[2] = 0x0D
        let cases: [([[UInt8]], DatasetError.Code)] = [
            ([images], .idxPair), ([labels], .idxPair),
            ([images, idx([3], [0, 1, 0])], .idxCount),
            ([Array(images.dropLast()), labels], .idxTruncated),
            ([images + [0], labels], .idxTrailingBytes), ([floats, labels], .idxType),
            ([idx([2, 1 << 20, 1 << 20], []), labels], .tooManyColumns),
            ([idx([0, 2, 2], []), idx([0], [])], .emptyDataset),
            (
                [images, labels, idx([2, 2, 2], [UInt8](repeating: 1, count: 8)), labels],
                .columnsDiffer
            ),
        ]
        for (files, code) in cases {
            #expect(try refusal { _ = try folder.read(files) }.code == code)
        }
    }
}
