import Catalog
import Domain
import Foundation
import Glibc
import Testing

@Suite("The catalogue and its disk")
struct DiskTests {
    /// A reader copies the files while a writer commits.
    ///
    /// A copy taken at any moment opens, is
    /// whole, and has every row that was acknowledged before the copy began.
    @Test("A copy taken in the middle of commits is whole and has all that was acknowledged")
    func crash() throws {
        let scratch = try Scratch()
        let database = try scratch.open()
        var generator = SystemRandomNumberGenerator()
        var acknowledged = 0
        // As often as the long run of faults asks: see deploy/test.
        let isLong = ProcessInfo.processInfo.environment["DISTML_FAULTS"] != nil
        let copies = isLong ? 1_000 : 100
        for copy in 0..<copies {
            let writer = Writer(path: scratch.path, first: acknowledged, count: 12)
            writer.start()
            // Anywhere within the burst.
            let target = acknowledged + Int.random(in: 0..<12, using: &generator)
            while writer.acknowledged < target, !writer.hasFailed { sched_yield() }
            let path = scratch.url.appending(path: "copy\(copy).sqlite").path
            let before = try copyFiles(to: path, of: scratch.path, writer)
            acknowledged = try writer.finish()
            let rows = try Database(path: path).registerRows()
            #expect(rows.count >= before, "copy \(copy) has \(rows.count) rows of \(before)")
            #expect(Set(rows.map(\.key)) == Set((0..<rows.count).map { "k\($0)" }))
            for end in ["", "-wal", "-shm"] { unlink(path + end) }
        }
        #expect(try database.registerRows().count == acknowledged)
        #expect(acknowledged == 12 * copies)
    }

    /// Copies file and log as they were at one moment; returns what was acknowledged before it.
    ///
    /// A power cut stops both at once; a copy takes one after the other. If the file is the same
    /// before and after, nothing moved from the log into it meanwhile, and the copies belong to
    /// the moment at which the log was read.
    private func copyFiles(
        to target: String,
        of source: String,
        _ writer: Writer
    ) throws -> Int {
        while true {
            let before = writer.acknowledged
            let file = FileManager.default.contents(atPath: source) ?? Data()
            let log = FileManager.default.contents(atPath: source + "-wal") ?? Data()
            guard FileManager.default.contents(atPath: source) == file else { continue }
            try file.write(to: URL(filePath: target))
            try log.write(to: URL(filePath: target + "-wal"))
            return before
        }
    }

    @Test("A damaged file is refused with a hint and left as it is")
    func corrupt() throws {
        let scratch = try Scratch()
        do {
            let database = try scratch.open()
            for number in 0..<200 {
                try database.put(
                    object(String(repeating: "\(number % 10)", count: 20) + "\(number)")
                )
            }
        }
        let url = URL(filePath: scratch.path)
        let whole = try Data(contentsOf: url)
        #expect(whole.count > 3 * 4_096)
        for damage in [16..<60, 4_096..<4_200, whole.count - 4_096..<whole.count - 3_900] {
            var bytes = whole
            bytes.replaceSubrange(damage, with: Data(repeating: 0xA5, count: damage.count))
            for end in ["", "-wal", "-shm"] { unlink(scratch.path + end) }
            try bytes.write(to: url)
            let error = #expect(throws: CatalogError.self) { try scratch.open() }
            guard case .corrupt = error else {
                Issue.record("bytes \(damage): \(String(describing: error))")
                continue
            }
            #expect(error?.description.contains("restore a backup") == true)
            #expect(try Data(contentsOf: url) == bytes, "the file was touched")
        }
    }

    @Test("A file that is no catalogue at all is refused")
    func foreign() throws {
        let scratch = try Scratch()
        try Data("a shopping list, and a long one at that".utf8).write(
            to: URL(filePath: scratch.path)
        )
        let error = #expect(throws: CatalogError.self) { try scratch.open() }
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A folder that is not there is said to be so")
    func noFolder() throws {
        let path = try Scratch().path
        #expect(throws: CatalogError.readOnly(path: path)) { try Database(path: path) }
    }

    @Test("Two connections take turns")
    func turns() throws {
        let scratch = try Scratch()
        let first = try scratch.open()
        let writer = Writer(path: scratch.path, first: 0, count: 100)
        writer.start()
        for number in 0..<100 { try first.put(object("f\(number)")) }
        #expect(try writer.finish() == 100)
        #expect(try first.objects(of: red).count == 100)
        #expect(try first.registerRows().count == 100)
    }

    @Test("A backup is a catalogue, and its owner can tell that it is one")
    func backup() throws {
        let scratch = try Scratch()
        let life = { (random: UInt64) throws in
            try scratch.open().renewLifeMark(random: random)
        }
        #expect(try !life(1), "new")
        #expect(try !life(2), "the same")
        let saved = scratch.path + ".saved"
        try scratch.open().backUp(to: saved)
        #expect(try !life(3), "the same after a backup")
        for end in ["", "-wal", "-shm"] { unlink(scratch.path + end) }
        #expect(rename(saved, scratch.path) == 0)
        #expect(try life(4), "restored")
        #expect(try life(5), "nobody has told it yet what it lacks")
        try scratch.open().endDoubt()
        #expect(try !life(6), "the same again")
        let folder = FileManager.default
        let copy = try Scratch()
        for end in ["", "-life"] {
            try folder.copyItem(atPath: scratch.path + end, toPath: copy.path + end)
        }
        #expect(try copy.open().renewLifeMark(random: 7), "a copy of the whole folder")
    }
}
