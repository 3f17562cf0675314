import Domain

/// Checks what is done to rows and columns, and what is watched on validation rows.
func checkWeighing(
    of spec: RunSpec,
    on manifest: DatasetManifest
) throws(RunSpecError) {
    let classes = try classes(of: manifest)
    try checkBalance(of: spec.weighing, classes, on: manifest)
    try checkScale(of: spec, on: manifest)
    try checkThreshold(of: spec, classes, on: manifest)
    try checkMetric(of: spec, classes, on: manifest)
}

/// The classes of a dataset; none for real labels.
///
/// One class alone cannot be learned.
private func classes(of manifest: DatasetManifest) throws(RunSpecError) -> [String] {
    guard case .classes(let names) = manifest.labels else { return [] }
    let occurring = manifest.classCounts.filter { $0.count > 0 }
    // Of rows that stay on their nodes more is to be said, with their other rules.
    guard occurring.count != 1 || manifest.isLocal else {
        throw RunSpecError(
            option: "--dataset",
            reason: "\(manifest.name) has the single class '\(occurring[0].label)'; "
                + "there is nothing to tell apart",
            hint: nil
        )
    }
    return names
}

private func checkBalance(
    of weighing: WeighingOptions,
    _ classes: [String],
    on manifest: DatasetManifest
) throws(RunSpecError) {
    let balance = weighing.balance ?? .none
    if classes.isEmpty, balance != .none || !weighing.classWeights.isEmpty {
        throw RunSpecError(
            option: balance != .none ? "--balance" : "--class-weight",
            reason: "the labels of \(manifest.name) are real values, there are no classes to weigh",
            hint: nil
        )
    }
    if balance == .weights, !weighing.classWeights.isEmpty {
        throw RunSpecError(
            option: "--class-weight",
            reason: "--balance weights already says what each class weighs",
            hint: "give one of the two"
        )
    }
    var seen: Set<String> = []
    for item in weighing.classWeights {
        guard classes.contains(item.label) else {
            let names = classes.prefix(8).joined(separator: ", ")
            throw RunSpecError(
                option: "--class-weight",
                reason: "\(manifest.name) has no class '\(item.label)'",
                hint: "its classes are \(names)\(classes.count > 8 ? ", …" : "")"
            )
        }
        guard item.weight > 0, item.weight.isFinite else {
            throw RunSpecError(
                option: "--class-weight",
                reason: "the weight of class '\(item.label)' must be a number above 0",
                hint: nil
            )
        }
        guard seen.insert(item.label).inserted else {
            throw RunSpecError(
                option: "--class-weight",
                reason: "class '\(item.label)' has two weights",
                hint: nil
            )
        }
    }
}

/// A scale that moves zeros needs a place for what it takes away: a free bias, or dense rows.
private func checkScale(
    of spec: RunSpec,
    on manifest: DatasetManifest
) throws(RunSpecError) {
    let scale = spec.weighing.scale ?? .none
    guard scale == .standard || scale == .minmax, manifest.layout.isSparse else { return }
    let isLinear = spec.network == nil && spec.svm?.kernel == nil
    guard spec.bias != .free || !isLinear else { return }
    throw RunSpecError(
        option: "--scale",
        reason: "\(scale.rawValue) moves the zeros that the sparse rows of \(manifest.name) do not "
            + "store, which only a linear model with a free bias can make up for",
        hint: "use --scale maxabs\(isLinear ? ", or --bias free" : "")"
    )
}

private func checkThreshold(
    of spec: RunSpec,
    _ classes: [String],
    on manifest: DatasetManifest
) throws(RunSpecError) {
    guard let rule = spec.weighing.threshold else { return }
    func refuse(_ reason: String, _ hint: String? = nil) -> RunSpecError {
        RunSpecError(option: "--threshold", reason: reason, hint: hint)
    }
    guard classes.count == 2 else {
        let what = classes.isEmpty ? "real values" : "\(classes.count) classes"
        throw refuse("a threshold parts two classes, \(manifest.name) has \(what)")
    }
    guard hasValidation(spec) else {
        throw refuse(
            "it is chosen on validation rows, and there are none",
            "add --val-split 0.2 or --val-dataset NAME"
        )
    }
    if case .cost(let falsePositive, let falseNegative) = rule {
        let costs = [falsePositive, falseNegative]
        guard costs.allSatisfy({ $0 >= 0 && $0.isFinite }), costs.contains(where: { $0 > 0 })
        else { throw refuse("costs must be numbers of 0 or more, one of them above 0") }
    }
    // One score decides; a softmax over two classes has two.
    guard spec.model != .softmax else {
        throw refuse("softmax has a score for each class", "use --model logistic")
    }
}

private func checkMetric(
    of spec: RunSpec,
    _ classes: [String],
    on manifest: DatasetManifest
) throws(RunSpecError) {
    guard spec.metric != nil || spec.patience != nil else { return }
    let option = spec.metric != nil ? "--metric" : "--patience"
    func refuse(_ reason: String, _ hint: String? = nil) -> RunSpecError {
        RunSpecError(option: option, reason: reason, hint: hint)
    }
    if let patience = spec.patience, patience < 1 {
        throw RunSpecError(option: "--patience", reason: "at least one epoch", hint: nil)
    }
    guard spec.algorithm == .sgd else {
        throw refuse(
            "\(spec.algorithm.rawValue) ends by what it knows of its objective, not by epochs",
            "use --tol, or 'run sgd'"
        )
    }
    guard hasValidation(spec) else {
        throw refuse(
            "it is measured on validation rows, and there are none",
            "add --val-split 0.2 or --val-dataset NAME"
        )
    }
    if let metric = spec.metric { try checkApplies(metric, hasClasses: !classes.isEmpty) }
}

private func checkApplies(_ metric: MetricName, hasClasses: Bool) throws(RunSpecError) {
    guard !metric.applies(toClasses: hasClasses) else { return }
    let names = MetricName.allCases.filter { $0.applies(toClasses: hasClasses) }
    throw RunSpecError(
        option: "--metric",
        reason: "\(metric.rawValue) does not apply to \(hasClasses ? "classes" : "real values")",
        hint: "use one of \(names.map(\.rawValue).joined(separator: ", "))"
    )
}

/// Checks that trials on these data can be compared by `metric`.
func checkComparison(
    by metric: MetricName,
    of spec: RunSpec,
    on manifest: DatasetManifest
) throws(RunSpecError) {
    try checkApplies(metric, hasClasses: manifest.labels.classCount > 0)
    var watched = spec
    watched.metric = metric
    try checkRanking(watched, manifest, LocalDataRules(spec, manifest, nil))
}

/// Checks that training shows every class that validation has, under the same number.
func checkClasses(
    of validation: DatasetManifest,
    with training: DatasetManifest
) throws(RunSpecError) {
    func refuse(_ reason: String, _ hint: String? = nil) -> RunSpecError {
        RunSpecError(option: "--val-dataset", reason: reason, hint: hint)
    }
    switch (validation.labels, training.labels) {
    case (.real, .real): return
    case (.classes(let held), .classes(let known)):
        let shown = Set(training.classCounts.filter { $0.count > 0 }.map(\.label))
        let unseen = validation.classCounts.first { $0.count > 0 && !shown.contains($0.label) }
        if let unseen {
            throw refuse(
                "\(unseen.count) rows of \(validation.name) are of class '\(unseen.label)', which "
                    + "\(training.name) never shows"
            )
        }
        guard held == known else {
            throw refuse(
                "the classes of \(validation.name) and \(training.name) have other numbers",
                "add it with --like \(training.name)"
            )
        }
    case (.real, .classes), (.classes, .real):
        throw refuse(
            "the labels of one of \(validation.name) and \(training.name) are classes, "
                + "those of the other real values"
        )
    }
}

private func hasValidation(_ spec: RunSpec) -> Bool {
    spec.validationSplit != nil || spec.validationDataset != nil || spec.fold != nil
}

extension MetricName {
    /// Whether it can be measured where labels are classes, or else real values.
    fileprivate func applies(toClasses hasClasses: Bool) -> Bool {
        switch self {
        case .accuracy, .balancedAccuracy, .f1, .rocAUC, .prAUC, .logLoss: hasClasses
        case .rmse, .r2: !hasClasses
        case .loss: true
        }
    }
}
