import ControlAPI
import Domain
import Learning

/// Measures a model on a dataset, across the nodes that hold its shards.
struct ModelEvalHandler: Handler {
    typealias M = ModelEval
    let data: DataService

    func handle(
        _ params: ModelEval.Params,
        for call: ControlCall
    ) async throws(RPCError) -> ModelEval.Reply {
        let model = try await data.model(params.model, for: call.caller)
        let dataset = try await data.listed(params.dataset, for: call.caller)
        let sums = try await data.evaluate(model, on: dataset)
        var metrics = sums.metrics(on: dataset.name.text, by: model.shape)
        if sums.classes > 0 {
            // Sorted scores are those of single rows, and some rows stay on their node.
            if !dataset.isLocal {
                let counts = sums.rowsByClass
                metrics.add(try await data.walks(model, on: dataset, counts: counts))
            }
            metrics.labels = metrics.confusion == nil ? nil : model.classes
        }
        return ModelEval.Reply(
            model: model.name,
            dataset: dataset.name,
            rows: Int(sums.rows),
            metrics: [metrics],
            confusion: confusion(sums, labels: model.classes)
        )
    }

    private func confusion(
        _ sums: EvaluationSums,
        labels: [String]
    ) -> ModelEval.Confusion? {
        guard !labels.isEmpty else { return nil }
        let counts = labels.indices.map { row in
            labels.indices.map { column in Int(sums.confusion[row * labels.count + column]) }
        }
        return ModelEval.Confusion(labels: labels, counts: counts)
    }
}
