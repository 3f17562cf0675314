import ArgumentParser
import Domain

/// What is watched on validation rows, epoch by epoch; a sweep compares its trials by it.
struct WatchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The figure on validation rows whose best parameters are kept.",
            valueName: "figure"
        )
    )
    var metric: MetricName?

    @Option(
        help: ArgumentHelp(
            "Epochs without a better --metric before the end.",
            valueName: "epochs"
        )
    )
    var patience: Int?

    /// Adds what was said to `spec`.
    func fill(_ spec: inout RunSpec) {
        spec.metric = metric
        spec.patience = patience
    }
}
