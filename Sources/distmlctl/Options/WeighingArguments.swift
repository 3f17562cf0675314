import ArgumentParser
import Domain

/// What is done to rows and columns before the search, and to the threshold after it.
struct WeighingArguments: ParsableArguments {
    @Option(
        help: """
            For classes of different size: weights makes all weigh the same; oversample and \
            undersample draw rows until all have as many.
            """
    )
    var balance: Balance?

    @Option(
        help: ArgumentHelp(
            "Weights of classes by their labels, such as 1=5,0=1; others count 1.",
            valueName: "label=weight,…"
        ),
        transform: TypedClassWeights.typed
    )
    var classWeight: TypedClassWeights?

    @Option(
        help: """
            How columns are scaled, over all shards; kept with the model. Penalties then count in \
            scaled columns.
            """
    )
    var scale: FeatureScale?

    @Option(
        help: ArgumentHelp(
            "Choose the threshold between two classes on validation rows: the best f1, or the "
                + "least cost of false positives and false negatives.",
            valueName: "f1|cost:FP,FN"
        ),
        transform: TypedThreshold.typed
    )
    var threshold: TypedThreshold?

    /// Writes what was said into `spec`.
    func apply(to spec: inout RunSpec) {
        spec.weighing.balance = balance
        spec.weighing.classWeights = classWeight?.weights ?? []
        spec.weighing.scale = scale
        spec.weighing.threshold = threshold?.rule
    }
}

/// Weights of classes as typed: `1=5,0=1`; the last `=` of an item parts label and weight.
struct TypedClassWeights: Typed, Equatable {
    static let valid = "labels with their weights, such as 1=5,0=1"
    let weights: [ClassWeight]

    init?(argument: String) {
        var weights: [ClassWeight] = []
        for item in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let sign = item.lastIndex(of: "="), sign > item.startIndex,
                let weight = Double(item[item.index(after: sign)...])
            else { return nil }
            weights.append(ClassWeight(label: String(item[..<sign]), weight: weight))
        }
        self.weights = weights
    }
}

/// A rule for the threshold as typed: `f1`, or `cost:` and what each kind of mistake costs.
struct TypedThreshold: Typed, Equatable {
    static let valid = "f1, or cost: and two numbers, such as cost:1,5"
    let rule: ThresholdRule

    init?(argument: String) {
        if argument == "f1" {
            rule = .f1
            return
        }
        guard argument.hasPrefix("cost:") else { return nil }
        let parts = argument.dropFirst(5).split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Double(parts[0]), let second = Double(parts[1]) else {
            return nil
        }
        rule = .cost(falsePositive: first, falseNegative: second)
    }
}
