import ControlAPI
import Domain

/// Shows one model.
struct ModelShowHandler: Handler {
    typealias M = ModelShow
    let data: DataService

    func handle(
        _ params: ModelShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> ModelDocument {
        ModelDocument(try await data.model(params.model, for: call.caller))
    }
}
