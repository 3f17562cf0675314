import ArgumentParser
import Domain

/// The options that only kernel machines have.
struct KernelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A machine by a kernel, with support vectors; without it the machine is linear.",
            discussion: """
                linear u·v, rbf exp(−γ‖u − v‖²), poly (γ u·v + coef0)^degree, sigmoid \
                tanh(γ u·v + coef0), as in LIBSVM. --kernel linear gives LIBSVM's machine; 'run \
                svm' without --kernel needs no kernel and is much faster.
                """
        )
    )
    var kernel: KernelKind?

    @Option(
        help: """
            γ of the kernel: a number, or scale for 1/(columns · variance of all values), which is \
            the default.
            """,
        completion: .list(["scale"]),
        transform: TypedGamma.typed
    )
    var gamma: TypedGamma?

    @Option(help: "Degree of the polynomial kernel; 3 by default.")
    var degree: Int?

    @Option(help: "Constant of the polynomial and the sigmoid kernel; 0 by default.")
    var coef0: Double?

    @Option(
        help: """
            How nodes work together: exact shares out the kernel matrix, cascade merges the \
            support vectors of every node's rows, features takes a map that approximates the \
            kernel and a linear machine on it.
            """
    )
    var mode: KernelMode?

    @Option(
        help: """
            The map of --mode features: rff takes random waves and shows nobody a row (rbf only), \
            nystrom compares with some of the rows.
            """
    )
    var map: FeatureMap?

    @Option(
        name: .customLong("features"),
        help: ArgumentHelp("How many features --mode features makes.", valueName: "n")
    )
    var featureCount: Int?

    @Option(
        help: ArgumentHelp(
            "Memory for kernel values or features on every node; 200MiB by default, "
                + "or a third of what a worker's memory leaves.",
            valueName: "size"
        ),
        transform: TypedSize.typed
    )
    var cache: TypedSize?

    @Flag(help: "Probabilities with the model, by Platt's sigmoids; costs five trainings more.")
    var probability = false

    /// Adds what was said to `spec`.
    func fill(_ spec: inout SVMSpec) {
        spec.kernel = kernel
        spec.gamma = gamma?.value
        spec.degree = degree
        spec.coef0 = coef0
        spec.mode = mode
        spec.map = map
        spec.featureCount = featureCount
        spec.cacheBytes = cache?.bytes
        spec.hasProbabilities = probability
    }
}
