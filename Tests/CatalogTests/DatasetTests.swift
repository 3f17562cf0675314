import Catalog
import Domain
import Testing

@Suite("Datasets in the catalogue")
struct DatasetTests {
    private let scratch: Scratch
    private let database: Database
    private let digits = DatasetName(checked: "digits")

    init() throws {
        scratch = try Scratch()
        database = try scratch.open()
    }

    @Test("A version is listed only while its name means it")
    func names() throws {
        let first = manifest("digits", version: 1)
        try database.put(first)
        #expect(try database.datasets(for: caller(red)).isEmpty)
        #expect(throws: CatalogError.notFound(noun: "dataset", name: "digits")) {
            try database.dataset(named: digits, for: caller(red))
        }
        try database.learn(digits, of: red, means: DatasetVersion(first), registerVersion: 3)
        #expect(try database.dataset(named: digits, for: caller(red)) == first)
        try database.learn(digits, of: red, means: nil, registerVersion: 4)
        #expect(try database.datasets(for: caller(red)).isEmpty)
        #expect(try database.dataset(version: hash(1), for: caller(red)) == first)
    }

    @Test("Old news about a name is ignored")
    func oldNews() throws {
        let second = manifest("digits", version: 2)
        try database.add(second, registerVersion: 5)
        try database.learn(digits, of: red, means: nil, registerVersion: 5)
        try database.learn(digits, of: red, means: nil, registerVersion: 4)
        #expect(try database.datasets(for: caller(red)) == [second])
        #expect(try database.knownVersion(of: digits, tenant: red) == 5)
        #expect(try database.knownVersion(of: DatasetName(checked: "x"), tenant: red) == 0)
    }

    @Test("A version never changes, and may be stored twice")
    func immutable() throws {
        let first = manifest("digits")
        try database.put(first)
        try database.put(first)
        var other = first
        other.rows = 11
        #expect(throws: CatalogError.changed(noun: "dataset", name: "digits")) {
            try database.put(other)
        }
        #expect(try database.recordIDs() == [RecordID(first)])
    }

    @Test("The same rows added again later are another record")
    func again() throws {
        let first = manifest("digits", addedAt: 100)
        let second = manifest("digits", addedAt: 200)
        try database.add(first)
        try database.learn(digits, of: red, means: nil, registerVersion: 2)
        try database.add(second, registerVersion: 3)
        #expect(try database.dataset(named: digits, for: caller(red)).addedAt == 200)
        #expect(try database.dataset(version: hash(1), for: caller(red)).addedAt == 200)
    }

    @Test("A version that lost its name to another is buried and stays so")
    func buried() throws {
        let loser = manifest("digits")
        try database.put(loser)
        let sent = try database.records([RecordID(loser)])
        try database.bury(DatasetVersion(loser), of: digits, tenant: red)
        try database.insert(sent)
        #expect(try database.records([RecordID(loser)]).isEmpty)
        #expect(try database.missing(among: [RecordID(loser)]).isEmpty)
    }

    @Test("Files of a shard are found by version and index, unless they are damaged")
    func objects() throws {
        try database.put(object("f0", part: 0))
        try database.put(object("f1", part: 1))
        #expect(throws: CatalogError.exists(noun: "object", name: "f1")) {
            try database.put(object("f1", of: blue))
        }
        #expect(try database.shard(1, of: hash(1), for: caller(red)).id == "f1")
        try database.mark("f1", of: red, as: .damaged)
        #expect(throws: CatalogError.self) { try database.shard(1, of: hash(1), for: caller(red)) }
        #expect(try database.objects(of: red).map(\.state) == [.whole, .damaged])
        #expect(throws: CatalogError.notFound(noun: "object", name: "f0")) {
            try database.mark("f0", of: blue, as: .damaged)
        }
        try database.forget(["f0"], of: blue)
        try database.forget(["f1"], of: red)
        #expect(try database.objects(of: red) == [object("f0", part: 0)])
    }
}
