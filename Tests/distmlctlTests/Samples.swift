import ControlAPI
import Domain

let sampleHash = ContentHash(bytes: Array(repeating: 7, count: 32))

func sampleNode(_ name: String, _ state: NodeState) -> NodeSummary {
    NodeSummary(
        name: NodeID(checked: name),
        state: state,
        reason: state == .dead ? "silent for 12 s" : nil,
        address: "10.0.0.1:7600",
        version: "0.1.0",
        rttSeconds: 0.000_4,
        certificateDays: 12.5,
        isLocal: name == "a"
    )
}

func sampleProgress(epochsMax: Int? = 10) -> RunFollow.Item {
    RunFollow.Item(
        run: RunID(checked: "r-aaaaaa"),
        status: .running,
        generation: Generation(1),
        choices: "softmax, rate 0.5",
        progress: RunProgress(
            epoch: 1.5,
            step: 40,
            loss: 0.25,
            learningRate: 0.5,
            rowsPerSecond: 123_456,
            seconds: 15,
            epochsMax: epochsMax
        )
    )
}

func sampleRun(_ outcome: Outcome?) -> RunDocument {
    let id = RunID(checked: "r-aaaaaa")
    let plan = RunPlan(
        run: id,
        tenant: .default,
        generation: Generation(1),
        coordinator: NodeID(checked: "a"),
        seats: [Seat(node: NodeID(checked: "a"), shards: [0])],
        dataset: sampleHash
    )
    var record = RunRecord(
        id: id,
        tenant: .default,
        spec: RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "digits")),
        plan: plan,
        startedBy: 1000,
        startedAt: 0
    )
    if let outcome {
        record.status = .ended
        var result = RunResult(outcome: outcome, rule: "plateau")
        var metrics = Metrics(on: "validation", rows: 360)
        metrics.accuracy = 0.975
        result.metrics = [metrics]
        record.result = result
    }
    return RunDocument(record)
}

func sampleDataset(_ name: DatasetName) -> DatasetDocument {
    DatasetDocument(
        name: name,
        version: sampleHash,
        rows: 10,
        columns: 2,
        nonzeros: 20,
        classes: [ClassCount(label: "0", count: 4), ClassCount(label: "1", count: 6)],
        shards: [],
        labels: "classes",
        layout: .dense,
        reading: DatasetDocument.Reading(format: "csv", columnsOmitted: 0),
        warnings: []
    )
}

func sampleNames() -> Names.Reply {
    Names.Reply(
        cluster: ClusterName(checked: "lab"),
        health: .healthy,
        nodes: [NodeID(checked: "a"), NodeID(checked: "b")],
        datasets: [DatasetName(checked: "digits")],
        runs: [RunID(checked: "r-aaaaaa")],
        models: [ModelName(checked: "best")]
    )
}
