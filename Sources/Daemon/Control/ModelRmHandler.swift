import ControlAPI
import Domain

/// Removes a model: its manifest and its file go from all nodes.
struct ModelRmHandler: Handler {
    typealias M = ModelRm
    let data: DataService

    func handle(
        _ params: ModelRm.Params,
        for call: ControlCall
    ) async throws(RPCError) -> ModelRm.Reply {
        let manifest = try await data.removeModel(params.model, for: call.caller)
        return ModelRm.Reply(name: manifest.name, run: manifest.run)
    }
}
