import Catalog
import ControlAPI
import Domain

/// How long peers may take to tell of their runs before what is known here is shown: an agreed end
/// lies in this node's own catalogue, and what is not agreed is shown as provisional.
let promptLimit = Duration.milliseconds(300)

/// How long before something is changed, or where nothing is known here: a run may be going on
/// elsewhere alone.
let patientLimit = Duration.seconds(2)

/// Finds runs wherever they are: here, on a peer, or in the catalogue.
struct RunDirectory: Sendable {
    let supervisor: RunSupervisor

    private var world: RunWorld { supervisor.world }

    /// Every run that the caller may see; live records win over stored ones.
    ///
    /// Peers that take longer than `limit` have no say.
    func all(
        for caller: Caller,
        within limit: Duration = promptLimit
    ) async throws(RPCError) -> [RunRecord] {
        let tenant = caller.tenant
        var found: [RunID: RunRecord] = [:]
        let stored: [RunRecord]
        do throws(CatalogError) {
            stored = try await world.store.perform { database throws(CatalogError) in
                try database.runs(for: caller)
            }
        } catch { throw RPCError(error) }
        for record in stored { found[record.id] = record }
        var live = await supervisor.records(tenant, nil)
        live += await askPeers(tenant, nil, within: limit)
        for record in live { take(record, into: &found) }
        return found.values.sorted { ($0.startedAt, $0.id) > ($1.startedAt, $1.id) }
    }

    /// One run by what the person called it.
    func find(
        _ reference: RunReference,
        for caller: Caller,
        within limit: Duration = promptLimit
    ) async throws(RPCError) -> RunRecord {
        do throws(RPCError) {
            let all = try await all(for: caller, within: limit)
            return try reference.resolve(among: all, uid: caller.uid)
        } catch {
            guard error.code == .notFound, limit < patientLimit else { throw error }
            let all = try await all(for: caller, within: patientLimit)
            return try reference.resolve(among: all, uid: caller.uid)
        }
    }

    /// A run as it is now: by the node that knows most of it.
    func refresh(_ record: RunRecord) async -> RunRecord {
        var found = [record.id: record]
        let here = await supervisor.records(record.tenant, record.id)
        for one in here { take(one, into: &found) }
        let isSeatedHere = record.plan.rank(of: world.node) != nil
        if !isSeatedHere || here.isEmpty {
            let others = await askPeers(record.tenant, record.id, within: promptLimit)
            for one in others { take(one, into: &found) }
        }
        return found[record.id] ?? record
    }

    private func take(_ record: RunRecord, into found: inout [RunID: RunRecord]) {
        guard let old = found[record.id] else {
            found[record.id] = record
            return
        }
        func rank(_ record: RunRecord) -> (UInt64, Int, Int) {
            let isAgreed = record.status == .ended && !record.isProvisional
            let order = isAgreed ? 3 : record.status == .running ? 2 : 1
            return (record.plan.generation.number, order, record.progress?.step ?? 0)
        }
        if rank(record) > rank(old) { found[record.id] = record }
    }

    private func askPeers(
        _ tenant: TenantID,
        _ run: RunID?,
        within limit: Duration
    ) async -> [RunRecord] {
        let request = RunFetchCall.Request(tenant: tenant, run: run)
        let network = world.network
        return await withTaskGroup(of: [RunRecord].self) { group in
            for view in network.views where view.state == .alive {
                group.addTask {
                    let reply = try? await network.call(
                        RunFetchCall.self,
                        request,
                        on: view.node,
                        within: limit
                    )
                    return reply?.records ?? []
                }
            }
            var records: [RunRecord] = []
            for await some in group { records += some }
            return records
        }
    }
}
