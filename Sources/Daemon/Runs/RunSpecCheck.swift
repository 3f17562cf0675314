import Domain

/// Why a run's options do not go with its data; refused before anything starts.
struct RunSpecError: Error, Equatable, CustomStringConvertible {
    /// The option as typed, such as `--lr`.
    let option: String
    /// What is wrong with it, one sentence.
    let reason: String
    /// What to type instead.
    let hint: String?

    var description: String { "\(option): \(reason)" }
}

/// Checks that `spec` makes sense, alone and on `manifest`.
func check(_ spec: RunSpec, on manifest: DatasetManifest) throws(RunSpecError) {
    try checkNumbers(of: spec)
    try checkAlgorithm(of: spec)
    try checkSolver(of: spec, on: manifest)
    try checkWeighing(of: spec, on: manifest)
    try checkModel(of: spec, on: manifest)
    try checkRows(of: spec, on: manifest)
    try checkFolds(of: spec, on: manifest)
    try checkWarmup(of: spec, on: manifest)
}

private func checkNumbers(of spec: RunSpec) throws(RunSpecError) {
    func require(
        _ isRight: Bool,
        _ option: String,
        _ reason: String
    ) throws(RunSpecError) {
        if !isRight { throw RunSpecError(option: option, reason: reason, hint: nil) }
    }
    func isPositive(_ value: Double?) -> Bool { value.map { $0 > 0 && $0.isFinite } ?? true }
    try require(isPositive(spec.learningRate), "--lr", "the rate must be a finite number above 0")
    if let l2 = spec.l2 {
        try require(l2 >= 0 && l2.isFinite, "--l2", "λ must be a finite number of 0 or more")
    }
    try require(
        spec.weightDecay >= 0 && spec.weightDecay < 1,
        "--weight-decay",
        "the decay must be 0 or more and below 1"
    )
    try require(
        spec.momentum.map { $0 >= 0 && $0 < 1 } ?? true,
        "--momentum",
        "momentum must be 0 or more and below 1"
    )
    try require(isPositive(spec.tolerance), "--tol", "the tolerance must be finite and above 0")
    try require(isPositive(spec.maxTimeSeconds), "--max-time", "the time must be above 0")
    try require(spec.epochs ?? 1 > 0, "--epochs", "at least one epoch")
    try require(spec.steps ?? 1 > 0, "--steps", "at least one step")
    try require(spec.batch ?? 1 > 0, "--batch", "a step needs at least one row")
    try require(spec.checkpointEvery ?? 1 > 0, "--checkpoint-every", "at least one step")
    try require(
        spec.validationSplit.map { $0 > 0 && $0 < 1 } ?? true,
        "--val-split",
        "the share must lie between 0 and 1"
    )
    try require(
        spec.biasScale > 0 && spec.biasScale.isFinite,
        "--bias-scale",
        "the constant column's value must be a finite number above 0"
    )
    try require(
        spec.validationSplit == nil || spec.validationDataset == nil,
        "--val-split",
        "give either a share or a dataset to validate on, not both"
    )
}

private func checkAlgorithm(of spec: RunSpec) throws(RunSpecError) {
    guard spec.network == nil || spec.algorithm == .sgd else {
        throw RunSpecError(
            option: "--model",
            reason: "networks are trained by sgd, not by \(spec.algorithm.rawValue)",
            hint: "use 'run sgd'"
        )
    }
    if spec.algorithm == .sgd { return try checkOptimizer(of: spec) }
    guard spec.algorithm == .gd else { return }
    let foreign: [(Bool, String)] = [
        (spec.learningRate != nil || spec.optimizer.findsRate, "--lr"),
        (spec.momentum != nil, "--momentum"),
        (spec.weightDecay != 0, "--weight-decay"),
        (spec.batch != nil, "--batch"),
        (spec.schedule != nil, "--schedule"),
        (spec.optimizer != OptimizerOptions(), "--optimizer"),
    ]
    for (isGiven, option) in foreign where isGiven {
        throw RunSpecError(
            option: option,
            reason: "gd takes every row in every step and finds its step by itself",
            hint: "leave it out, or use 'run sgd'"
        )
    }
}

private func checkModel(of spec: RunSpec, on manifest: DatasetManifest) throws(RunSpecError) {
    try checkNetwork(of: spec, on: manifest)
    switch (manifest.labels, spec.model) {
    case (.real, .logistic), (.real, .softmax):
        throw RunSpecError(
            option: "--model",
            reason: "the labels of \(manifest.name) are real values, not classes",
            hint: "use --model linear"
        )
    case (.classes(let names), let model):
        if model == .logistic, names.count != 2 {
            throw RunSpecError(
                option: "--model",
                reason: "logistic tells two classes apart, \(manifest.name) has \(names.count)",
                hint: "use --model softmax"
            )
        }
        if model == .linear {
            throw RunSpecError(
                option: "--model",
                reason: "linear predicts real values, the labels of \(manifest.name) are classes",
                hint: "use --model \(names.count == 2 ? "logistic" : "softmax")"
            )
        }
    case (.real, _): break
    }
}

private func checkRows(of spec: RunSpec, on manifest: DatasetManifest) throws(RunSpecError) {
    guard manifest.rows > 1 else {
        throw RunSpecError(
            option: "--dataset",
            reason: "\(manifest.name) has \(manifest.rows) row",
            hint: nil
        )
    }
    if let batch = spec.batch, batch > manifest.rows {
        throw RunSpecError(
            option: "--batch",
            reason: "\(batch) rows asked for, \(manifest.name) has \(manifest.rows)",
            hint: "use at most \(manifest.rows)"
        )
    }
}

/// Checks that `validation` has the same columns and classes as `training`; both are named.
func checkAgreement(
    of validation: DatasetManifest,
    with training: DatasetManifest
) throws(RunSpecError) {
    guard validation.columns == training.columns else {
        throw RunSpecError(
            option: "--val-dataset",
            reason: "\(validation.name) has \(validation.columns) columns, "
                + "\(training.name) has \(training.columns)",
            hint: nil
        )
    }
    let pairs = zip(validation.mapping.columns ?? [], training.mapping.columns ?? [])
    for (index, (left, right)) in pairs.enumerated()
    where left.name != right.name || left.categories != right.categories {
        throw RunSpecError(
            option: "--val-dataset",
            reason: "column \(index + 1) is '\(left.name)' in \(validation.name) and "
                + "'\(right.name)' in \(training.name), or their categories differ",
            hint: "add it with --like \(training.name)"
        )
    }
    try checkClasses(of: validation, with: training)
}
