import ControlAPI
import Domain

/// Removes a dataset: its name means nothing any more, and its shards go from all nodes.
struct DatasetRmHandler: Handler {
    typealias M = DatasetRm
    let data: DataService

    func handle(
        _ params: DatasetShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> DatasetRm.Reply {
        try await data.removeDataset(params.name, for: call.caller)
        return DatasetRm.Reply(name: params.name)
    }
}
