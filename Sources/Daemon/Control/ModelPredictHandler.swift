import ControlAPI
import Domain
import Glibc

/// Predicts a label for every row of files that are read as the model's training data was.
struct ModelPredictHandler: Handler {
    typealias M = ModelPredict
    let data: DataService

    func handle(
        _ params: ModelPredict.Params,
        for call: ControlCall
    ) async throws(RPCError) -> ModelPredict.Reply {
        guard params.files.count + 1 == call.descriptors.count else {
            throw RPCError(
                .badUsage,
                "\(params.files.count) files and one output with "
                    + "\(call.descriptors.count) descriptors"
            )
        }
        let descriptors = call.descriptors.compactMap { $0.take() }
        defer { for descriptor in descriptors { close(descriptor) } }
        let model = try await data.model(params.model, for: call.caller)
        let rows = try await data.predict(
            model,
            params,
            descriptors
        )
        return ModelPredict.Reply(model: model.name, rows: rows)
    }
}
