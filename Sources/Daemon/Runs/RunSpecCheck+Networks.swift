import Domain
import Learning

/// Checks that a network's layers go with the dataset's columns, layer by layer.
func checkNetwork(of spec: RunSpec, on manifest: DatasetManifest) throws(RunSpecError) {
    guard let network = spec.network else {
        guard spec.model != .mlp, spec.model != .cnn else {
            throw RunSpecError(
                option: "--model",
                reason: "a network needs its layers",
                hint: "use --model mlp:256,128"
            )
        }
        return
    }
    guard (spec.model == .cnn) == network.isConvolutional, spec.model != nil else {
        throw RunSpecError(
            option: "--model",
            reason: "'\(network)' is another kind of model than the one named",
            hint: nil
        )
    }
    let image = manifest.mapping.imageShape
    guard !network.isConvolutional || image != nil else {
        throw RunSpecError(
            option: "--model",
            reason: "a convolution needs images, and the rows of \(manifest.name) are none",
            hint: "use --model mlp:256,128, or add images as IDX files"
        )
    }
    var classes = 0
    if case .classes(let names) = manifest.labels { classes = names.count }
    do {
        _ = try NetworkShape(
            network,
            columns: manifest.columns,
            image: image,
            outputs: classes > 2 ? classes : 1
        )
    } catch {
        throw RunSpecError(option: "--model", reason: "\(error)", hint: nil)
    }
    guard spec.bias == .free else {
        throw RunSpecError(
            option: "--bias",
            reason: "the layers of a network have free biases",
            hint: "leave it out"
        )
    }
}

/// Checks the numbers of the optimizer, and that it has what was said of it.
func checkOptimizer(of spec: RunSpec) throws(RunSpecError) {
    let options = spec.optimizer
    let kind = options.kind ?? .sgd
    func require(_ isRight: Bool, _ option: String, _ reason: String) throws(RunSpecError) {
        if !isRight { throw RunSpecError(option: option, reason: reason, hint: nil) }
    }
    try require(
        !options.isNesterov || kind == .sgd,
        "--nesterov",
        "only sgd looks ahead, not \(kind.rawValue)"
    )
    try require(
        spec.momentum == nil || kind != .adagrad,
        "--momentum",
        "adagrad has none"
    )
    try require(
        options.warmupEpochs.map { $0 >= 0 && $0.isFinite } ?? true,
        "--warmup",
        "the epochs must be a finite number of 0 or more"
    )
    try require(
        options.clipNorm.map { $0 > 0 && $0.isFinite } ?? true,
        "--clip",
        "the longest gradient must be a finite number above 0"
    )
    try require(options.syncEvery ?? 1 > 0, "--sync-every", "at least one step")
}

/// Checks that the rate has risen before the run ends, as far as its end is known.
func checkWarmup(of spec: RunSpec, on manifest: DatasetManifest) throws(RunSpecError) {
    guard let warmup = spec.optimizer.warmupEpochs, spec.algorithm == .sgd else { return }
    let rows = Int(Double(manifest.rows) * (1 - (spec.validationSplit ?? 0)))
    var epochs = Choices(spec, rows: Swift.max(1, rows), labels: manifest.labels).epochsMax
    if let steps = spec.steps, let batch = spec.batch {
        let stepsPerEpoch = Swift.max(1, rows / batch + (rows % batch > 0 ? 1 : 0))
        let begun = steps % stepsPerEpoch > 0 ? 1 : 0
        epochs = Swift.min(epochs, steps / stepsPerEpoch + begun)
    }
    guard warmup > Double(epochs) else { return }
    throw RunSpecError(
        option: "--warmup",
        reason: "the rate would rise for \(shortText(warmup)) epochs, and the run ends after "
            + "\(epochs) at the latest",
        hint: "use fewer, or more --epochs or --steps"
    )
}
