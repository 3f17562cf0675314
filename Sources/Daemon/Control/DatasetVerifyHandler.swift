import ControlAPI
import Domain

/// Has every holder read its shards again; what is damaged is set aside and fetched anew.
struct DatasetVerifyHandler: Handler {
    typealias M = DatasetVerify
    let data: DataService

    func handle(
        _ params: DatasetShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> DatasetVerify.Reply {
        let manifest = try await data.listed(params.name, for: call.caller)
        let states = await data.states(of: manifest, isDeep: true)
        let document = DatasetDocument(manifest) { index, node in states[node]?[index] }
        return DatasetVerify.Reply(
            name: manifest.name,
            version: manifest.version,
            intact: document.shards.allSatisfy { $0.intact == true },
            shards: document.shards
        )
    }
}
