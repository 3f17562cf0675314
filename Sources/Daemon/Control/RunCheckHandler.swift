import ControlAPI
import Domain
import Learning
import Training

/// Checks what a run would need and would be, and starts nothing.
struct RunCheckHandler: Handler {
    typealias M = RunCheck
    let supervisor: RunSupervisor

    func handle(
        _ params: RunCheck.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunCheck.Reply {
        let spec = params.spec
        let draft = try await supervisor.draft(spec, for: call.caller)
        let dataset = draft.dataset
        let classes = dataset.labels.classCount
        var task = TrainingTask(
            spec: spec,
            classes: classes,
            columns: dataset.columns,
            isSparse: dataset.layout.isSparse
        )
        task.imageShape = dataset.mapping.imageShape
        let held = Int(Double(dataset.rows) * (spec.validationSplit ?? 0))
        let choices = Choices(spec, rows: dataset.rows - held, labels: dataset.labels)
        let largest = draft.seats.map { seat in
            seat.shards.reduce(0) { $0 + dataset.shards[$1].bytes }
        }.max()
        return RunCheck.Reply(
            nodes: draft.seats.map(\.node),
            rows: dataset.rows,
            columns: dataset.columns,
            classes: classes,
            parameters: task.modelWords ?? 0,
            shardBytes: largest ?? 0,
            memoryLimitBytes: supervisor.world.memoryBytes,
            choices: choices.summary(of: spec.algorithm, classes: classes) + kernelText(of: spec)
        )
    }
}

/// What is known of a kernel machine before its rows are read.
private func kernelText(of spec: RunSpec) -> String {
    guard let svm = spec.svm, let kernel = svm.kernel else { return "" }
    var parts = ["\(kernel.rawValue) kernel"]
    if kernel != .linear { parts.append("gamma \(svm.gamma.map(shortText) ?? "scale")") }
    if let mode = svm.mode { parts.append("mode \(mode.rawValue)") }
    return parts.map { " · " + $0 }.joined()
}
