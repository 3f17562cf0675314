import Catalog
import Domain
import Testing

@Suite("Sweeps in the catalogue")
struct SweepTests {
    private func sweep(_ id: String, _ tenant: TenantID, at seconds: Double) -> SweepRecord {
        let spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "toys"))
        return SweepRecord(
            id: SweepID(checked: id),
            spec: SweepSpec(trials: [SweepTrial(options: "lr=1", spec: spec)]),
            coordinator: NodeID(checked: "a"),
            caller: Caller(uid: 1, tenant: tenant, role: .member),
            startedAt: seconds
        )
    }

    @Test("Its owner sees it, the latest first; another tenant does not")
    func tenants() throws {
        let scratch = try Scratch()
        let database = try scratch.open()
        let (first, second) = (sweep("s-aa", red, at: 1), sweep("s-bb", red, at: 2))
        try database.put(first)
        try database.put(second)
        try database.put(sweep("s-cc", blue, at: 3))
        #expect(try database.sweeps(for: caller(red)) == [second, first])
        #expect(try database.sweeps(for: caller(blue)).map(\.id.text) == ["s-cc"])
    }

    @Test("What is active goes on after a restart, what was stopped does not")
    func active() throws {
        let scratch = try Scratch()
        let database = try scratch.open()
        var stopped = sweep("s-aa", red, at: 1)
        try database.put(stopped)
        stopped.isActive = false
        stopped.behind = [1]
        try database.put(stopped)
        let active = sweep("s-bb", blue, at: 2)
        try database.put(active)
        let reopened = try scratch.open()
        #expect(try reopened.activeSweeps() == [active])
        #expect(try reopened.sweeps(for: caller(red)) == [stopped])
    }
}
