import Catalog
import Domain
import Testing

@Suite("Runs in the catalogue")
struct RunTests {
    private let scratch: Scratch
    private let database: Database
    private let id = RunID(checked: "r-7k2m")

    init() throws {
        scratch = try Scratch()
        database = try scratch.open()
    }

    @Test("A generation once obeyed is on the disk, and lower ones are refused")
    func generations() throws {
        try database.obey(record("r-7k2m", generation: 2))
        let reopened = try scratch.open()
        #expect(try reopened.generation(of: id) == Generation(2))
        let stale = CatalogError.stale(run: id, offered: Generation(1), obeyed: Generation(2))
        #expect(throws: stale) { try reopened.obey(record("r-7k2m", generation: 1)) }
        #expect(throws: stale) { try reopened.update(record("r-7k2m", generation: 1)) }
        let early = CatalogError.stale(run: id, offered: Generation(3), obeyed: Generation(2))
        #expect(throws: early) { try reopened.update(record("r-7k2m", generation: 3)) }
        try reopened.obey(record("r-7k2m", generation: 2))
        try reopened.obey(record("r-7k2m", generation: 3))
        #expect(try reopened.generation(of: id) == Generation(3))
        #expect(try reopened.generation(of: RunID(checked: "r-none")) == nil)
    }

    @Test("An agreed end is final for its generation, and a later one may follow")
    func ends() throws {
        let running = record("r-7k2m")
        try database.obey(running)
        #expect(try database.unfinishedRuns() == [running])
        var provisional = running.ended(.nodesLost)
        provisional.isProvisional = true
        try database.update(provisional)
        #expect(try database.unfinishedRuns() == [provisional])
        let final = running.ended(.converged)
        try database.finish(final)
        try database.finish(final)
        #expect(try database.run(id, for: caller(red)) == final)
        #expect(try database.unfinishedRuns().isEmpty)
        #expect(throws: CatalogError.ended(run: id, generation: Generation(1))) {
            try database.update(provisional)
        }
        #expect(throws: CatalogError.changed(noun: "run", name: "r-7k2m/1")) {
            try database.finish(running.ended(.failed))
        }
        try database.obey(record("r-7k2m", generation: 2))
        #expect(try database.unfinishedRuns().count == 1)
        try database.finish(final)
        #expect(try database.unfinishedRuns().count == 1, "an old end changes nothing")
    }

    @Test("A loss that is no number is kept as it is")
    func diverged() throws {
        var run = record("r-7k2m").ended(.diverged)
        run.result?.loss = .infinity
        try database.finish(run)
        #expect(try database.run(id, for: caller(red)).result?.loss == .infinity)
    }

    @Test("Runs are listed latest first, a bounded number of them")
    func order() throws {
        for number in 0..<5 {
            try database.obey(record("r-\(number)", startedAt: Double(10 * (number % 3))))
        }
        let runs = try database.runs(for: caller(red), limit: 3)
        #expect(runs.map(\.id.text) == ["r-2", "r-1", "r-4"])
    }

    @Test("A removed run does not come back, nor does anything that hangs on it")
    func removed() throws {
        try database.obey(record("r-7k2m"))
        try database.obey(record("r-7k2m2"))
        let line = RunLogLine(time: 1, node: NodeID(checked: "a"), level: "info", text: "hello")
        try database.append(line, to: id, of: red)
        let ended = record("r-7k2m").ended(.stopped)
        try database.finish(ended)
        try database.finish(record("r-7k2m2").ended(.stopped))
        let sent = try database.records([RecordID(ended)])
        try database.remove(id, for: caller(red))
        try database.insert(sent)
        let gone = CatalogError.notFound(noun: "run", name: "r-7k2m")
        #expect(throws: gone) { try database.run(id, for: caller(red)) }
        #expect(throws: gone) { try database.obey(record("r-7k2m", generation: 2)) }
        #expect(throws: gone) { try database.lines(of: id, for: caller(red)) }
        #expect(throws: gone) { try database.remove(id, for: caller(red)) }
        #expect(try database.runs(for: caller(red)).map(\.id.text) == ["r-7k2m2"])
    }

    @Test("A log keeps its last lines, a curve its shape")
    func bounded() throws {
        try database.obey(record("r-7k2m"))
        let node = NodeID(checked: "a")
        for number in 0..<20 {
            let line = RunLogLine(
                time: Double(number),
                node: node,
                level: "info",
                text: "ä\(number)"
            )
            try database.append(line, to: id, of: red)
        }
        #expect(
            try database.lines(of: id, tail: 2, for: caller(red)).map(\.text) == ["ä18", "ä19"]
        )
        #expect(try database.lines(of: id, for: caller(red)).count == 20)
        for step in [3, 1, 3] {
            let point = RunProgress(
                epoch: 1,
                step: step,
                loss: 0.5,
                learningRate: 0.1,
                rowsPerSecond: 9,
                seconds: 1
            )
            try database.append([point], to: id, of: red)
        }
        #expect(try database.points(of: id, for: caller(red)).map(\.step) == [1, 3])
    }

    @Test("Checkpoints come newest first and can be forgotten")
    func checkpoints() throws {
        try database.obey(record("r-7k2m"))
        let list = [(1, 10), (2, 5), (1, 20)].map { generation, step in
            RunCheckpoint(
                generation: Generation(UInt64(generation)),
                step: step,
                object: "f\(generation)\(step)",
                hash: hash(3),
                bytes: 99
            )
        }
        for checkpoint in list { try database.put(checkpoint, of: id, tenant: red) }
        #expect(try database.checkpoints(of: id, for: caller(red)) == [list[1], list[2], list[0]])
        try database.put(object("f0"))
        #expect(try database.objectNames(of: red) == ["f0", "f110", "f25", "f120"])
        #expect(try database.objectNames(of: blue).isEmpty)
        try database.forget(list[2], of: id, tenant: red)
        #expect(try database.checkpoints(of: id, for: caller(red)) == [list[1], list[0]])
    }

    @Test("A model is found by its name, the latest, or by its run")
    func models() throws {
        let first = model("best", run: "r-1", madeAt: 1)
        let second = model("best", run: "r-2", madeAt: 2)
        for manifest in [first, second, first] { try database.put(manifest) }
        #expect(try database.models(for: caller(red)) == [second, first])
        #expect(try database.model(named: ModelName(checked: "best"), for: caller(red)) == second)
        #expect(try database.model(named: ModelName(checked: "r-1"), for: caller(red)) == first)
        var other = first
        other.bytes = 1
        #expect(throws: CatalogError.changed(noun: "model", name: "best")) {
            try database.put(other)
        }
        let file = StoredObject(
            tenant: red,
            id: "f2",
            kind: .model,
            owner: "r-2",
            part: 1,
            hash: hash(9),
            bytes: 168
        )
        try database.put(file)
        #expect(try database.filesOfRemovedModels(of: red).isEmpty)
        var run = record("r-2")
        run.model = second.name
        try database.obey(run)
        #expect(try database.run(run.id, for: caller(red)) == run)
        try database.removeModel(of: second.run, for: caller(red))
        run.model = nil
        #expect(try database.run(run.id, for: caller(red)) == run)
        #expect(try database.filesOfRemovedModels(of: red) == [file])
        #expect(try database.filesOfRemovedModels(of: blue).isEmpty)
        #expect(try database.model(named: ModelName(checked: "best"), for: caller(red)) == first)
        #expect(throws: CatalogError.notFound(noun: "model", name: "r-2")) {
            try database.removeModel(of: second.run, for: caller(red))
        }
    }
}
