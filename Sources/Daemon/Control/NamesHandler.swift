import Catalog
import ControlAPI
import Domain

/// The live names for completion and the prompt, from what this node knows already.
struct NamesHandler: Handler {
    typealias M = Names
    let services: Services

    func handle(
        _ params: Names.Params,
        for call: ControlCall
    ) async throws(RPCError) -> Names.Reply {
        let caller = call.caller
        let (datasets, runs, models, sweeps) = try await services.catalog {
            database throws(CatalogError) in
            (
                try database.datasets(for: caller).map(\.name),
                try database.runs(for: caller).map(\.id),
                try database.models(for: caller).map(\.name),
                try database.sweeps(for: caller).map(\.id)
            )
        }
        return Names.Reply(
            cluster: services.configuration.cluster,
            health: services.network.health(now: wallClockSeconds()).0,
            nodes: services.directory.nodes,
            datasets: datasets,
            runs: runs,
            models: models,
            sweeps: sweeps
        )
    }
}
