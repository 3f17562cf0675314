import Domain

/// Landmarks at most: their kernel matrix is taken apart whole, on one node.
private let landmarksMax = 4096
/// Random features at most.
private let featuresMax = 1 << 16
/// Numbers of a map at most: 1 GiB of frequencies, which every node holds.
private let mapNumbersMax = 1 << 28
/// Degrees at most: beyond, kernel values of common data are no numbers.
private let degreeMax = 32

/// Checks what a support vector machine is asked for by a kernel, and that nothing is asked of a
/// kernel where there is none.
func checkKernelMachine(
    of spec: RunSpec,
    _ svm: SVMSpec,
    on manifest: DatasetManifest
) throws(RunSpecError) {
    guard let kernel = svm.kernel else { return try checkKernelAbsent(from: svm, spec) }
    if spec.model == .svm {
        throw RunSpecError(
            option: "--model",
            reason: "a machine by a kernel is not linear in its features",
            hint: "leave it out"
        )
    }
    guard spec.bias == .free else {
        throw RunSpecError(
            option: "--bias",
            reason: "a kernel machine has a free constant",
            hint: "leave it out, or leave out --kernel"
        )
    }
    guard spec.epochs == nil || svm.mode == .features else {
        throw RunSpecError(
            option: "--epochs",
            reason: "a kernel machine takes blocks of rows, not all of them in turn",
            hint: "use --steps, a number of blocks, or --max-time"
        )
    }
    guard spec.biasScale == 1 else {
        throw RunSpecError(
            option: "--bias-scale",
            reason: "a kernel machine has a free constant",
            hint: "leave it out, or leave out --kernel"
        )
    }
    try checkCharges(of: svm)
    try checkFunction(kernel, svm)
    try checkMode(of: svm, kernel, on: manifest)
    guard svm.cacheBytesMax >= 1 << 20 else {
        throw RunSpecError(
            option: "--cache",
            reason: "kernel values need a place of at least 1 MiB",
            hint: "use --cache 200MiB"
        )
    }
}

/// Options of a kernel, of a machine without one.
private func checkKernelAbsent(from svm: SVMSpec, _ spec: RunSpec) throws(RunSpecError) {
    if svm.hasProbabilities {
        throw RunSpecError(
            option: "--probability",
            reason: "the linear machine has scores, and no probabilities",
            hint: "use 'run newton', whose logistic model has them, or add --kernel"
        )
    }
    let foreign: [(Bool, String)] = [
        (svm.gamma != nil, "--gamma"), (svm.degree != nil, "--degree"),
        (svm.coef0 != nil, "--coef0"), (svm.mode != nil, "--mode"),
        (svm.map != nil, "--map"), (svm.featureCount != nil, "--features"),
        (svm.cacheBytes != nil, "--cache"), (spec.model == .kernelSVM, "--model"),
    ]
    for (isGiven, option) in foreign where isGiven {
        throw RunSpecError(
            option: option,
            reason: "it belongs to a kernel, and the linear machine has none",
            hint: "leave it out, or add --kernel rbf"
        )
    }
}

/// A kernel machine charges ξ and decides between pairs of classes.
private func checkCharges(of svm: SVMSpec) throws(RunSpecError) {
    if svm.loss == .squaredHinge {
        throw RunSpecError(
            option: "--loss",
            reason: "a kernel machine charges ξ, not ξ²",
            hint: "leave it out, or leave out --kernel"
        )
    }
    if svm.multiclass == .crammerSinger {
        throw RunSpecError(
            option: "--multiclass",
            reason: "Crammer and Singer's machine is linear; by a kernel there is one for every "
                + "pair of classes, with --mode features one for every class",
            hint: "leave it out, or leave out --kernel"
        )
    }
}

/// The numbers of the kernel's formula.
private func checkFunction(_ kernel: KernelKind, _ svm: SVMSpec) throws(RunSpecError) {
    func refuse(_ option: String, _ reason: String, _ hint: String? = nil) -> RunSpecError {
        RunSpecError(option: option, reason: reason, hint: hint)
    }
    if let gamma = svm.gamma {
        guard kernel != .linear else {
            throw refuse("--gamma", "--kernel linear, u·v, has no γ", "leave it out")
        }
        guard gamma > 0, gamma.isFinite else {
            throw refuse("--gamma", "γ must be a number above 0", "use --gamma scale")
        }
    }
    if let degree = svm.degree {
        guard kernel == .poly else {
            throw refuse(
                "--degree",
                "--kernel \(kernel.rawValue) has none, only poly has a degree",
                "leave it out, or use --kernel poly"
            )
        }
        guard (1...degreeMax).contains(degree) else {
            throw refuse("--degree", "the degree must be a whole number from 1 to \(degreeMax)")
        }
    }
    if let coef0 = svm.coef0 {
        guard kernel == .poly || kernel == .sigmoid else {
            throw refuse(
                "--coef0",
                "--kernel \(kernel.rawValue) has none, only poly and sigmoid have a constant",
                "leave it out"
            )
        }
        guard coef0.isFinite else {
            throw refuse("--coef0", "the constant must be a finite number, such as 1")
        }
    }
}

/// How nodes work together, and what makes features.
private func checkMode(
    of svm: SVMSpec,
    _ kernel: KernelKind,
    on manifest: DatasetManifest
) throws(RunSpecError) {
    func refuse(_ option: String, _ reason: String, _ hint: String? = nil) -> RunSpecError {
        RunSpecError(option: option, reason: reason, hint: hint)
    }
    guard svm.mode == .features else {
        guard svm.map == nil, svm.featureCount == nil else {
            throw refuse(
                svm.map != nil ? "--map" : "--features",
                "only --mode features makes features of rows",
                "add --mode features, or leave it out"
            )
        }
        return
    }
    if svm.hasProbabilities {
        throw refuse(
            "--probability",
            "a machine on features has one score a class, and Platt's sigmoids are for pairs",
            "use --mode exact or cascade"
        )
    }
    if svm.map == .fourier, kernel != .rbf {
        throw refuse(
            "--map",
            "random Fourier features are those of rbf, not of \(kernel.rawValue)",
            "use --map nystrom, or --kernel rbf"
        )
    }
    guard let count = svm.featureCount else { return }
    let isFourier = (svm.map ?? (kernel == .rbf ? .fourier : .nystrom)) == .fourier
    let most = isFourier ? featuresMax : landmarksMax
    guard (1...most).contains(count) else {
        throw refuse(
            "--features",
            "1 to \(most) \(isFourier ? "random features" : "landmarks"), not \(count)"
        )
    }
    guard !isFourier || count <= mapNumbersMax / Swift.max(1, manifest.columns) else {
        throw refuse(
            "--features",
            "\(count) random features of \(manifest.columns) columns are more than "
                + "\(mapNumbersMax) numbers, which every node would hold",
            "use at most \(mapNumbersMax / manifest.columns), or --map nystrom"
        )
    }
}
