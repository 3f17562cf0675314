import Datasets
import Foundation
import Glibc
import LinearAlgebra
import Testing

/// A folder that is gone when the test is.
final class TemporaryFolder {
    let path: String
    private var count = 0
    private var descriptors: [Int32] = []

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "datasets-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A new file with `contents`, open for reading and writing.
    func file(_ contents: [UInt8] = []) throws -> Int32 {
        count += 1
        let name = "\(path)/\(count)"
        try Data(contents).write(to: URL(filePath: name))
        let descriptor = open(name, O_RDWR | O_CLOEXEC)
        #expect(descriptor >= 0)
        descriptors.append(descriptor)
        return descriptor
    }

    /// What lies in an open file.
    func contents(of descriptor: Int32) throws -> [UInt8] {
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        try #require(count == bytes.count)
        return bytes
    }

    /// Imports files called `a`, `b`, ….
    func read(_ files: [[UInt8]], _ options: ImportOptions = .init()) throws -> StagedDataset {
        let names = ["a", "b", "c", "d"]
        let named = try zip(names, files).map { ImportFile(name: $0, descriptor: try file($1)) }
        return try Importer.read(named, options: options, staging: try file())
    }

    /// Imports one text.
    func read(_ text: String, _ options: ImportOptions = .init()) throws -> StagedDataset {
        try read([Array(text.utf8)], options)
    }

    /// Writes all rows in their order and reads them back as a plain table.
    func table(of staged: StagedDataset) throws -> PlainTable {
        let descriptor = try file()
        let shard = try staged.writeInOrder(to: descriptor)
        return try PlainTable(descriptor, shard, classes: staged.report.classCounts.count)
    }

    /// The rows that `text` becomes.
    func table(_ text: String, _ options: ImportOptions = .init()) throws -> PlainTable {
        try table(of: read(text, options))
    }
}

/// Rows as nested arrays, for comparisons.
struct PlainTable: Equatable {
    var rows: [[Float]] = []
    var classes: [Int32] = []
    var reals: [Float] = []

    init(rows: [[Float]], classes: [Int32] = [], reals: [Float] = []) {
        self.rows = rows
        self.classes = classes
        self.reals = reals
    }

    init(_ descriptor: Int32, _ shard: WrittenShard, classes: Int) throws {
        let reader = try MappedShardReader(
            descriptor: descriptor,
            layout: shard.layout,
            hash: shard.hash,
            classes: classes,
            name: "shard"
        )
        var table = PlainTable(rows: [])
        try reader.withRows(0..<reader.rows) { batch in
            for row in 0..<batch.rows {
                var values = [Float](repeating: 0, count: batch.columns)
                switch batch.features {
                case .dense(let base):
                    for column in 0..<batch.columns {
                        values[column] = base[row * batch.columns + column]
                    }
                case .sparse(let offsets, let indices, let entries):
                    for i in Int(offsets[row])..<Int(offsets[row + 1]) {
                        values[Int(indices[i])] = entries[i]
                    }
                }
                table.rows.append(values)
                switch batch.labels {
                case .classes(let labels): table.classes.append(labels[row])
                case .real(let labels): table.reals.append(labels[row])
                case .none: break
                }
            }
        }
        self = table
    }
}

/// A generator whose numbers are the same in every run, so that a failure can be repeated.
struct TestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

/// The error that `body` throws.
func refusal(_ body: () throws -> Void) throws -> DatasetError {
    var caught: DatasetError?
    do {
        try body()
    } catch let error as DatasetError {
        caught = error
    }
    return try #require(caught, "nothing was refused")
}
