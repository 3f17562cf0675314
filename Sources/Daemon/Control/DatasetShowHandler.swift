import ControlAPI
import Domain

/// Shows one dataset, and where its shards lie.
struct DatasetShowHandler: Handler {
    typealias M = DatasetShow
    let data: DataService

    func handle(
        _ params: DatasetShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> DatasetDocument {
        let manifest = try await data.listed(params.name, for: call.caller)
        let states = await data.states(of: manifest, isDeep: false)
        return DatasetDocument(manifest) { index, node in states[node]?[index] }
    }
}
