import Catalog
import ControlAPI
import Domain

/// Lists the caller's datasets, as far as this node has learnt of them.
struct DatasetLsHandler: Handler {
    typealias M = DatasetLs
    let data: DataService

    func handle(
        _ params: Empty,
        for call: ControlCall
    ) async throws(RPCError) -> [DatasetLs.Line] {
        let caller = call.caller
        let manifests = try await data.catalog { database throws(CatalogError) in
            try database.datasets(for: caller)
        }
        return manifests.map { DatasetLs.Line($0) }
    }
}
