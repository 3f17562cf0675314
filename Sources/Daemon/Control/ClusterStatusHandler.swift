import Catalog
import ControlAPI
import Domain

/// The overview: what a person looks at first.
struct ClusterStatusHandler: Handler {
    typealias M = ClusterStatus
    let services: Services

    func handle(
        _ params: ClusterStatus.Params,
        for call: ControlCall
    ) async throws(RPCError) -> ClusterStatus.Reply {
        let caller = call.caller
        let (datasets, models, runs) = try await services.catalog {
            database throws(CatalogError) in
            (
                try database.datasets(for: caller).count,
                try database.models(for: caller).count,
                try database.runs(for: caller, limit: 100)
            )
        }
        let now = wallClockSeconds()
        let (health, problems) = services.network.health(now: now)
        return ClusterStatus.Reply(
            cluster: services.configuration.cluster,
            node: services.configuration.node,
            health: health,
            problems: problems,
            nodes: services.network.summaries(now: now),
            datasets: datasets,
            models: models,
            runs: runs.filter { $0.status != .ended }.map(RunDocument.init)
        )
    }
}
