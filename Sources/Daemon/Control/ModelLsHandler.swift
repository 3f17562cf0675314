import Catalog
import ControlAPI
import Domain

/// Lists the caller's models, the latest first.
struct ModelLsHandler: Handler {
    typealias M = ModelLs
    let data: DataService

    func handle(
        _ params: Empty,
        for call: ControlCall
    ) async throws(RPCError) -> [ModelLs.Line] {
        let caller = call.caller
        let models = try await data.catalog { database throws(CatalogError) in
            try database.models(for: caller)
        }
        return models.map { ModelLs.Line($0) }
    }
}
