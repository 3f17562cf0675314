import ControlAPI
import Domain

/// Counts what a dataset holds; all of it was counted when it was added.
struct DatasetStatsHandler: Handler {
    typealias M = DatasetStats
    let data: DataService

    func handle(
        _ params: DatasetShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> DatasetStats.Reply {
        DatasetStats.Reply(try await data.listed(params.name, for: call.caller))
    }
}
