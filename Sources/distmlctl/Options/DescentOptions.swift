import ArgumentParser
import Domain

/// The options that only stochastic gradient descent has.
struct DescentOptions: ParsableArguments {
    @Option(
        help: """
            The rate: a number, or auto to find it by a range test over the ring; by default from \
            an estimate of the curvature, or the usual one of a network.
            """,
        completion: .list(["auto"]),
        transform: TypedRate.typed
    )
    var lr: TypedRate?

    @Option(
        help: """
            How the rate changes: step takes a tenth at each plateau, cosine and onecycle fall to \
            nothing over all epochs, inverse divides by the root of the epochs.
            """
    )
    var schedule: Schedule?

    @Option(help: ArgumentHelp("Epochs over which the rate rises first.", valueName: "epochs"))
    var warmup: Double?

    @Option(help: "How a gradient becomes a step; lars and lamb are for large batches.")
    var optimizer: OptimizerKind?

    @Option(help: "Momentum, or the decay of the first moment: 0 up to but not including 1.")
    var momentum: Double?

    @Flag(help: "Momentum that looks ahead.")
    var nesterov = false

    @Option(help: "Decoupled decay of the weights per step, times the rate.")
    var weightDecay = 0.0

    @Option(
        name: .customLong("clip"),
        help: ArgumentHelp("Longest mean gradient; longer ones are shortened.", valueName: "norm")
    )
    var clipNorm: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Whether the mean of the last epoch's parameters is the model."
    )
    var average: Bool?

    @Option(help: "Rows of one step over all nodes.")
    var batch: Int?

    @Option(
        help: ArgumentHelp(
            "Steps that every node takes alone before all take the mean of their parameters.",
            valueName: "steps"
        )
    )
    var syncEvery: Int?

    /// Adds what was said to `spec`.
    func fill(_ spec: inout RunSpec) {
        spec.learningRate = lr?.value
        spec.optimizer.findsRate = lr.map { $0.value == nil } ?? false
        spec.schedule = schedule
        spec.momentum = momentum
        spec.weightDecay = weightDecay
        spec.batch = batch
        spec.optimizer.kind = optimizer
        spec.optimizer.isNesterov = nesterov
        spec.optimizer.warmupEpochs = warmup
        spec.optimizer.clipNorm = clipNorm
        spec.optimizer.isAveraged = average
        spec.optimizer.syncEvery = syncEvery
    }
}
