import ControlAPI
import Domain

/// Finds sweeps wherever they are led, and the runs that belong to them.
struct SweepDirectory: Sendable {
    let keeper: SweepKeeper
    let runs: RunDirectory

    private var world: RunWorld { runs.supervisor.world }

    /// The caller's sweeps and their runs, the latest first.
    func all(
        for caller: Caller
    ) async throws(RPCError) -> [(record: SweepRecord, runs: [RunRecord])] {
        var records = await keeper.records(of: caller.tenant)
        records += await askPeers(caller.tenant)
        var parts: [SweepID: [RunRecord]] = [:]
        for run in try await runs.all(for: caller, within: patientLimit) {
            if let tag = run.spec.sweep { parts[tag.sweep, default: []].append(run) }
        }
        let known = Set(records.map(\.id))
        for (id, runs) in parts where !known.contains(id) {
            if let record = remains(of: id, runs) { records.append(record) }
        }
        return records.map { ($0, parts[$0.id] ?? []) }
            .sorted { ($0.record.startedAt, $0.record.id) > ($1.record.startedAt, $1.record.id) }
    }

    /// One sweep by what the person called it.
    func find(
        _ reference: SweepReference,
        for caller: Caller
    ) async throws(RPCError) -> (record: SweepRecord, runs: [RunRecord]) {
        let all = try await all(for: caller)
        let record = try reference.resolve(among: all.map(\.record), uid: caller.uid)
        return all.first { $0.record.id == record.id } ?? (record, [])
    }

    /// Orders the node that leads a sweep to stop it or to go on with it.
    func order(
        _ order: SweepOrderCall.Order,
        _ reference: SweepReference,
        for caller: Caller
    ) async throws(RPCError) -> SweepRecord {
        let record = try await find(reference, for: caller).record
        let request = SweepOrderCall.Request(
            tenant: caller.tenant,
            sweep: record.id,
            order: order
        )
        if record.coordinator == world.node { return try await keeper.obey(request) }
        do {
            return try await world.network.call(
                SweepOrderCall.self,
                request,
                on: record.coordinator,
                within: .seconds(310)
            ).record
        } catch { throw RPCError(error) }
    }

    private func askPeers(_ tenant: TenantID) async -> [SweepRecord] {
        let network = world.network
        return await withTaskGroup(of: [SweepRecord].self) { group in
            for view in network.views where view.state == .alive {
                group.addTask {
                    let reply = try? await network.call(
                        SweepFetchCall.self,
                        SweepFetchCall.Request(tenant: tenant),
                        on: view.node,
                        within: patientLimit
                    )
                    return reply?.records ?? []
                }
            }
            var records: [SweepRecord] = []
            for await some in group { records += some }
            return records
        }
    }

    /// What the runs say of a sweep whose coordinator does not answer.
    private func remains(of id: SweepID, _ runs: [RunRecord]) -> SweepRecord? {
        guard let first = runs.min(by: { $0.startedAt < $1.startedAt }) else { return nil }
        let count = runs.compactMap { $0.spec.sweep?.trial }.max() ?? 0
        let trials = (1...Swift.max(1, count)).map { number in
            let run = runs.first { $0.spec.sweep?.trial == number }
            return SweepTrial(
                options: run?.spec.sweep?.options ?? "?",
                spec: run?.spec ?? first.spec
            )
        }
        var spec = SweepSpec(trials: trials)
        spec.folds = runs.compactMap { $0.spec.fold?.count }.first
        let caller = Caller(uid: first.startedBy, tenant: first.tenant, role: .viewer)
        var record = SweepRecord(
            id: id,
            spec: spec,
            coordinator: first.plan.coordinator,
            caller: caller,
            startedAt: first.startedAt
        )
        record.isActive = false
        record.trouble = "node \(first.plan.coordinator), which leads it, does not answer"
        return record
    }
}
