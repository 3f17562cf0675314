import ArgumentParser
import Domain

/// The options that all algorithms have.
struct RunOptions: ParsableArguments {
    @Option(
        help: "The dataset to train on.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var dataset: DatasetName

    @Option(help: "What to call the run and its model.", transform: ModelName.typed)
    var name: ModelName?

    @Option(
        help: ArgumentHelp(
            "Share of the rows held out to measure on, such as 0.2.",
            valueName: "share"
        )
    )
    var valSplit: Double?

    @Option(
        help: "Another dataset to measure on.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var valDataset: DatasetName?

    @Option(
        help: """
            The constant term: free is not penalised, feature is a constant column, penalised \
            like any other.
            """
    )
    var bias = Bias.free

    @Option(help: ArgumentHelp("The constant column of --bias feature.", valueName: "value"))
    var biasScale: Float = 1

    @Option(help: "Passes over the data, at most.")
    var epochs: Int?

    @Option(
        help: """
            Updates of the parameters, at most. Of a kernel machine blocks, of all nodes together; \
            a cascade may take as many more as it has nodes, less one.
            """
    )
    var steps: Int?

    @Option(
        help: ArgumentHelp("Training time, at most: 90s, 5m, 1h30m.", valueName: "time"),
        transform: TypedDuration.typed
    )
    var maxTime: TypedDuration?

    @Option(help: ArgumentHelp("Tolerance of the stop rule.", valueName: "t"))
    var tol: Double?

    @Option(
        help: ArgumentHelp(
            "Seats: a count such as 3, or names such as a,b,c; by default all that hold data.",
            valueName: "n|a,b,…"
        ),
        transform: TypedNodes.typed
    )
    var nodes: TypedNodes?

    @Option(help: "When a node is lost: end, with a checkpoint.")
    var onLoss = LossPolicy.fail

    @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "steps"))
    var checkpointEvery: Int?

    @Option(help: "Seed of everything random; the same seed gives the same bits.")
    var seed: UInt64 = 0

    @OptionGroup var sharing: SharingOptions

    @OptionGroup var weighing: WeighingArguments

    @Flag(name: .shortAndLong, help: "Do not stay: print the run's id and return.")
    var detach = false

    @Flag(help: "Check it, say what it would need and be, start nothing, and exit with 9.")
    var dryRun = false

    /// What was asked of any run.
    func spec(_ algorithm: Algorithm) -> RunSpec {
        var spec = RunSpec(algorithm: algorithm, dataset: dataset)
        spec.name = name
        spec.validationSplit = valSplit
        spec.validationDataset = valDataset
        spec.bias = bias
        spec.biasScale = biasScale
        spec.epochs = epochs
        spec.steps = steps
        spec.maxTimeSeconds = maxTime?.seconds
        spec.tolerance = tol
        switch nodes {
        case .count(let count)?: spec.nodeCount = count
        case .names(let names)?: spec.nodes = names
        case nil: break
        }
        weighing.apply(to: &spec)
        spec.onLoss = onLoss
        spec.checkpointEvery = checkpointEvery
        spec.seed = seed
        sharing.apply(to: &spec)
        return spec
    }
}
