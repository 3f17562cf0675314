import Catalog
import Domain
import Testing

@Suite("Nodes exchange what they lack")
struct ExchangeTests {
    @Test("After an exchange in both directions two nodes have the same")
    func exchange() throws {
        let folders = [try Scratch(), try Scratch()]
        let nodes = [try folders[0].open(), try folders[1].open()]
        try nodes[0].add(manifest("digits"))
        try nodes[0].finish(record("r-1").ended(.converged))
        try nodes[0].put(model("best", run: "r-1"))
        try nodes[1].put(model("worst", run: "r-2", of: blue))
        try nodes[1].obey(record("r-3"))
        try nodes[1].finish(record("r-3").ended(.stopped))
        try nodes[1].remove(RunID(checked: "r-3"), for: caller(red))
        #expect(try nodes[0].recordDigest() != nodes[1].recordDigest())
        for (from, to) in [(nodes[0], nodes[1]), (nodes[1], nodes[0])] {
            try to.insert(from.records(to.missing(among: from.recordIDs())))
        }
        #expect(try nodes[0].recordIDs() == nodes[1].recordIDs())
        #expect(try nodes[0].recordDigest() == nodes[1].recordDigest())
        #expect(try nodes[0].recordIDs().count == 5)
        #expect(
            try nodes[1].run(RunID(checked: "r-1"), for: caller(red)).result?.outcome == .converged
        )
        #expect(try nodes[0].models(for: caller(blue)).map(\.name.text) == ["worst"])
        #expect(try nodes[1].datasets(for: caller(red)).isEmpty, "its name says nothing there yet")
        #expect(try nodes[0].missing(among: [RecordID(record("r-3"))]).isEmpty, "it is buried")
    }

    @Test("A digest changes with whatever is added, removed or learnt")
    func digests() throws {
        let scratch = try Scratch()
        let database = try scratch.open()
        var records: Set<UInt64> = [try database.recordDigest()]
        func expectNews() throws {
            let digest = try database.recordDigest()
            #expect(records.insert(digest).inserted)
            #expect(try scratch.open().recordDigest() == digest, "kept, and not what is there")
        }
        try database.put(model("best", run: "r-1"))
        try expectNews()
        try database.finish(record("r-1").ended(.converged))
        try expectNews()
        try database.remove(RunID(checked: "r-1"), for: caller(red))
        try expectNews()
        let names = try database.nameDigest()
        try database.add(manifest("digits"))
        try expectNews()
        #expect(try database.nameDigest() != names)
        #expect(try scratch.open().nameDigest() == database.nameDigest())
    }

    @Test("Models whose files are not here are found, of all tenants and none else")
    func fileless() throws {
        let scratch = try Scratch()
        let database = try scratch.open()
        for run in ["r-1", "r-2"] { try database.put(model("best", run: run)) }
        try database.put(model("worst", run: "r-3", of: blue))
        var object = StoredObject(
            tenant: red,
            id: "x",
            kind: .model,
            owner: "r-1",
            part: 1,
            hash: ContentHash(bytes: [UInt8](repeating: 1, count: 32)),
            bytes: 1
        )
        try database.put(object)
        #expect(try database.modelsWithoutFile().map(\.run.text) == ["r-3", "r-2"])
        (object.id, object.owner, object.state) = ("y", "r-2", .damaged)
        try database.put(object)
        #expect(try database.modelsWithoutFile().map(\.run.text) == ["r-3", "r-2"])
    }

    @Test("A body that is not what its identity says is refused, and all that came with it")
    func mismatch() throws {
        let scratch = try Scratch()
        let source = try scratch.open()
        try source.put(model("best", run: "r-1"))
        let good = try source.records(source.recordIDs())
        let other = try Scratch()
        let target = try other.open()
        var liar = try #require(good.first)
        liar.id.tenant = blue
        let broken = CatalogRecord(id: RecordID(record("r-2")), body: Array("{}".utf8))
        for bad in [liar, broken] {
            #expect(throws: CatalogError.self) { try target.insert(good + [bad]) }
            #expect(try target.recordIDs().isEmpty)
        }
        try target.insert(good)
        try target.insert(good)
        #expect(try target.models(for: caller(red)).count == 1)
    }

    @Test("What a node must not forget of its votes is written over, all or none")
    func registers() throws {
        let scratch = try Scratch()
        let database = try scratch.open()
        let rows = (0..<3).map { RegisterRow(space: "register", key: "k\($0)", value: [UInt8($0)]) }
        try database.persist(rows)
        try database.persist([RegisterRow(space: "register", key: "k1", value: [9, 9])])
        try database.persist([RegisterRow(space: "peer", key: "k1", value: [])])
        let found = Set(try scratch.open().registerRows())
        #expect(found.count == 4)
        #expect(found.contains(RegisterRow(space: "register", key: "k1", value: [9, 9])))
        #expect(try database.fact("x") == nil)
        try database.setFact("x", to: [1])
        try database.setFact("x", to: [2])
        #expect(try database.fact("x") == [2])
    }
}
