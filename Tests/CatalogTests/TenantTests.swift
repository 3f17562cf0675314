import Catalog
import Domain
import Testing

@Suite("What belongs to another tenant does not exist")
struct TenantTests {
    private let scratch: Scratch
    private let database: Database

    /// Two tenants with the same names for everything but runs and files, whose ids are unique.
    init() throws {
        scratch = try Scratch()
        database = try scratch.open()
        for (tenant, id) in [(red, "r-red"), (blue, "r-blue")] {
            let run = RunID(checked: id)
            try database.add(manifest("digits", of: tenant, version: tenant == red ? 1 : 2))
            try database.put(
                StoredObject(
                    tenant: tenant,
                    id: "f-\(tenant)",
                    kind: .shard,
                    owner: hash(1).description,
                    part: 0,
                    hash: hash(1),
                    bytes: 1
                )
            )
            try database.obey(record(id, of: tenant))
            let node = NodeID(checked: "a")
            let line = RunLogLine(time: 1, node: node, level: "info", text: tenant.text)
            try database.append(line, to: run, of: tenant)
            let point = RunProgress(
                epoch: 1,
                step: tenant == red ? 1 : 2,
                loss: 1,
                learningRate: 1,
                rowsPerSecond: 1,
                seconds: 1
            )
            try database.append([point], to: run, of: tenant)
            let checkpoint = RunCheckpoint(
                generation: Generation(1),
                step: 1,
                object: "c-\(tenant)",
                hash: hash(1),
                bytes: 1
            )
            try database.put(checkpoint, of: run, tenant: tenant)
            try database.put(model("best", run: id, of: tenant))
        }
    }

    @Test("Every list shows one's own alone", arguments: [red, blue])
    func lists(tenant: TenantID) throws {
        let caller = caller(tenant)
        let run = RunID(checked: "r-\(tenant)")
        #expect(try database.datasets(for: caller).map(\.tenant) == [tenant])
        #expect(try database.runs(for: caller).map(\.tenant) == [tenant])
        #expect(try database.models(for: caller).map(\.tenant) == [tenant])
        let owner = hash(1).description
        #expect(try database.objects(.shard, of: owner, for: caller).map(\.tenant) == [tenant])
        #expect(try database.objects(of: tenant).map(\.tenant) == [tenant])
        #expect(try database.lines(of: run, for: caller).map(\.text) == [tenant.text])
        #expect(try database.points(of: run, for: caller).count == 1)
        #expect(try database.checkpoints(of: run, for: caller).map(\.object) == ["c-\(tenant)"])
        #expect(try database.shard(0, of: hash(1), for: caller).id == "f-\(tenant)")
        let digits = DatasetName(checked: "digits")
        #expect(try database.dataset(named: digits, for: caller).tenant == tenant)
        let best = ModelName(checked: "best")
        #expect(try database.model(named: best, for: caller).tenant == tenant)
        #expect(try database.tenants() == [blue, red])
    }

    @Test("What is another's is not found, like what is nobody's")
    func gets() throws {
        let caller = caller(blue)
        for id in ["r-red", "r-none"] {
            let run = RunID(checked: id)
            let gone = CatalogError.notFound(noun: "run", name: id)
            #expect(throws: gone) { try database.run(run, for: caller) }
            #expect(throws: gone) { try database.lines(of: run, for: caller) }
            #expect(throws: gone) { try database.points(of: run, for: caller) }
            #expect(throws: gone) { try database.checkpoints(of: run, for: caller) }
            #expect(throws: gone) { try database.remove(run, for: caller) }
            #expect(throws: CatalogError.notFound(noun: "model", name: id)) {
                try database.removeModel(of: run, for: caller)
            }
            #expect(throws: CatalogError.notFound(noun: "model", name: id)) {
                try database.model(named: ModelName(checked: id), for: caller)
            }
            let line = RunLogLine(time: 1, node: NodeID(checked: "a"), level: "info", text: "")
            #expect(throws: gone) { try database.append(line, to: run, of: blue) }
        }
        for version in [hash(1), hash(7)] {
            let gone = CatalogError.notFound(noun: "dataset version", name: version.short)
            #expect(throws: gone) { try database.dataset(version: version, for: caller) }
        }
        #expect(throws: CatalogError.notFound(noun: "dataset", name: "digits2")) {
            try database.dataset(named: DatasetName(checked: "digits2"), for: caller)
        }
    }

    @Test("Nobody takes over another's run by its id")
    func takeOver() throws {
        #expect(throws: CatalogError.exists(noun: "run", name: "r-red")) {
            try database.obey(record("r-red", of: blue, generation: 9))
        }
        try database.insert(other(record("r-red", of: blue, generation: 9).ended(.failed)))
        #expect(try database.run(RunID(checked: "r-red"), for: caller(red)).status == .preparing)
    }

    /// The end of a run as another node would send it.
    private func other(_ run: RunRecord) throws -> [CatalogRecord] {
        let scratch = try Scratch()
        let there = try scratch.open()
        try there.finish(run)
        return try there.records([RecordID(run)])
    }
}
