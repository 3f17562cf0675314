import Domain

/// Checks what L-BFGS, Newton and support vector machines are asked for.
func checkSolver(of spec: RunSpec, on manifest: DatasetManifest) throws(RunSpecError) {
    try checkPenalties(of: spec)
    guard [.lbfgs, .newton, .svm].contains(spec.algorithm) else { return }
    try checkForeign(to: spec)
    guard spec.algorithm == .svm else { return }
    try checkMachine(of: spec, on: manifest)
}

private func checkPenalties(of spec: RunSpec) throws(RunSpecError) {
    guard let l1 = spec.l1 else { return }
    guard spec.algorithm == .lbfgs else {
        throw RunSpecError(
            option: "--l1",
            reason: "\(spec.algorithm.rawValue) has no step for a penalty with corners",
            hint: "use 'run lbfgs --l1'"
        )
    }
    guard l1 >= 0, l1.isFinite else {
        throw RunSpecError(
            option: "--l1",
            reason: "the factor of ‖ω‖₁ must be a number of 0 or more",
            hint: nil
        )
    }
}

/// Options of searches that take their steps by a rate.
private func checkForeign(to spec: RunSpec) throws(RunSpecError) {
    let foreign: [(Bool, String)] = [
        (spec.learningRate != nil, "--lr"),
        (spec.momentum != nil, "--momentum"),
        (spec.weightDecay != 0, "--weight-decay"),
        (spec.batch != nil, "--batch"),
        (spec.schedule != nil, "--schedule"),
        (spec.network != nil, "--model"),
    ]
    for (isGiven, option) in foreign where isGiven {
        throw RunSpecError(
            option: option,
            reason: "\(spec.algorithm.rawValue) takes every row in every step of a model that is "
                + "linear in its features, and finds its step by itself",
            hint: "leave it out, or use 'run sgd'"
        )
    }
}

private func checkMachine(
    of spec: RunSpec,
    on manifest: DatasetManifest
) throws(RunSpecError) {
    let svm = spec.svm ?? SVMSpec()
    guard (1e-30...1e30).contains(svm.cost) else {
        let reason = "C must be a finite number above 0, from 1e-30 to 1e30"
        throw RunSpecError(option: "--C", reason: reason, hint: nil)
    }
    if spec.l2 != nil {
        throw RunSpecError(
            option: "--l2",
            reason: "a machine's penalty is ½‖ω‖², against C times the sum over rows",
            hint: "use --C; λ of a mean over n rows is 1/(C·n)"
        )
    }
    if let model = spec.model, model != .svm, model != .kernelSVM {
        throw RunSpecError(
            option: "--model",
            reason: "svm fits a support vector machine, not \(model.rawValue)",
            hint: "leave it out, or use 'run newton'"
        )
    }
    if case .real = manifest.labels {
        throw RunSpecError(
            option: "--dataset",
            reason: "the labels of \(manifest.name) are real values; a machine tells classes apart",
            hint: "use 'run newton'"
        )
    }
    try checkKernelMachine(of: spec, svm, on: manifest)
    if svm.loss == .squaredHinge, svm.multiclass == .crammerSinger {
        throw RunSpecError(
            option: "--loss",
            reason: "Crammer and Singer's machine charges ξ, not ξ²",
            hint: "use --multiclass ovr"
        )
    }
}
