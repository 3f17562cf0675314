import Domain
import Testing

@testable import Daemon

@Suite("Refusals about classes, scales and figures, before a run starts")
struct WeighingCheckTests {
    private let two = [("no", 30), ("yes", 5)]

    /// The sentence with which a run is refused; nil where it is not.
    private func refusal(
        _ algorithm: Algorithm = .sgd,
        on manifest: DatasetManifest,
        _ change: (inout RunSpec) -> Void
    ) -> String? {
        var spec = RunSpec(algorithm: algorithm, dataset: manifest.name)
        change(&spec)
        do {
            try check(spec, on: manifest)
            return nil
        } catch { return "\(error)" }
    }

    @Test("One class alone is refused, also where the other has a name and no rows")
    func singleClass() {
        for counts in [[("a", 10)], [("a", 10), ("b", 0)]] {
            let found = refusal(on: sampleManifest(counts)) { _ in }
            #expect(
                found == "--dataset: d has the single class 'a'; there is nothing to tell apart"
            )
        }
        #expect(refusal(on: sampleManifest(two)) { _ in } == nil)
    }

    @Test("A weight wants a class that exists, once, and a number above 0")
    func weights() {
        func refused(_ weights: [(String, Double)]) -> String? {
            refusal(on: sampleManifest(two)) { spec in
                spec.weighing.classWeights = weights.map { ClassWeight(label: $0.0, weight: $0.1) }
            }
        }
        #expect(refused([("yes", 5), ("no", 1)]) == nil)
        #expect(refused([("maybe", 5)]) == "--class-weight: d has no class 'maybe'")
        #expect(refused([("yes", 0)])?.contains("must be a number above 0") == true)
        #expect(refused([("yes", .infinity)])?.contains("must be a number above 0") == true)
        #expect(refused([("yes", 1), ("yes", 2)])?.contains("has two weights") == true)
        let both = refusal(on: sampleManifest(two)) { spec in
            spec.weighing.classWeights = [ClassWeight(label: "yes", weight: 2)]
            spec.weighing.balance = .weights
        }
        #expect(both?.contains("--balance weights already says") == true)
        let real = refusal(on: sampleManifest([])) { $0.weighing.balance = .oversample }
        #expect(real?.hasPrefix("--balance: the labels of d are real values") == true)
    }

    @Test("A threshold wants two classes, validation rows and costs that make sense")
    func threshold() {
        func refused(
            _ counts: [(String, Int)],
            _ rule: ThresholdRule,
            _ split: Double? = 0.2
        ) -> String? {
            refusal(on: sampleManifest(counts)) { spec in
                spec.weighing.threshold = rule
                spec.validationSplit = split
            }
        }
        #expect(refused(two, .f1) == nil)
        let three = [("a", 5), ("b", 5), ("c", 5)]
        let parts = "--threshold: a threshold parts two classes, d has "
        #expect(refused(three, .f1) == parts + "3 classes")
        #expect(refused([], .f1)?.hasSuffix("d has real values") == true)
        #expect(refused(two, .f1, nil)?.contains("there are none") == true)
        for costs in [(-1.0, 1.0), (0, 0), (.nan, 1)] {
            let rule = ThresholdRule.cost(falsePositive: costs.0, falseNegative: costs.1)
            #expect(refused(two, rule)?.contains("costs must be numbers") == true)
        }
    }

    @Test("A figure wants validation rows, epochs, and labels that it applies to")
    func metric() {
        func refused(
            _ counts: [(String, Int)],
            _ metric: MetricName?,
            patience: Int? = nil,
            _ algorithm: Algorithm = .sgd,
            _ split: Double? = 0.2
        ) -> String? {
            refusal(algorithm, on: sampleManifest(counts)) { spec in
                spec.metric = metric
                spec.patience = patience
                spec.validationSplit = split
            }
        }
        #expect(refused(two, .rocAUC, patience: 5) == nil)
        #expect(refused([], .rmse) == nil)
        #expect(refused([], .accuracy) == "--metric: accuracy does not apply to real values")
        #expect(refused(two, .r2) == "--metric: r2 does not apply to classes")
        #expect(refused(two, nil, patience: 0) == "--patience: at least one epoch")
        #expect(refused(two, nil, patience: 3, .gd)?.hasPrefix("--patience: gd ends by") == true)
        #expect(refused(two, .f1, .sgd, nil)?.contains("there are none") == true)
    }

    @Test("A scale that moves zeros wants a free bias where rows are sparse")
    func scale() {
        func refused(_ scale: FeatureScale, _ bias: Bias, _ layout: RowLayout) -> String? {
            refusal(on: sampleManifest(two, layout: layout)) { spec in
                spec.weighing.scale = scale
                spec.bias = bias
            }
        }
        for scale in [FeatureScale.standard, .minmax] {
            #expect(refused(scale, .free, .sparse) == nil)
            #expect(refused(scale, .none, .dense) == nil)
            #expect(refused(scale, .none, .sparse)?.contains("moves the zeros") == true)
        }
        #expect(refused(.maxabs, .none, .sparse) == nil)
    }

    @Test("Solvers take weights, scales and thresholds, and refuse what their end is not by")
    func solvers() {
        for algorithm in [Algorithm.lbfgs, .newton, .svm] {
            func refused(_ change: (inout RunSpec) -> Void) -> String? {
                refusal(algorithm, on: sampleManifest(two)) { spec in
                    spec.validationSplit = 0.2
                    change(&spec)
                }
            }
            for balance in [Balance.weights, .oversample, .undersample] {
                #expect(refused { $0.weighing.balance = balance } == nil)
            }
            let weights = [ClassWeight(label: "yes", weight: 2)]
            #expect(refused { $0.weighing.classWeights = weights } == nil)
            #expect(refused { $0.weighing.scale = .standard } == nil)
            #expect(refused { $0.weighing.threshold = .f1 } == nil)
            let name = algorithm.rawValue
            #expect(refused { $0.patience = 3 }?.hasPrefix("--patience: \(name) ends") == true)
            #expect(refused { $0.metric = .f1 }?.hasPrefix("--metric: \(name) ends") == true)
        }
    }

    @Test("Kernel machines weigh, scale and cut, but do not move the zeros of sparse rows")
    func kernels() {
        func refused(_ data: DatasetManifest, _ change: (inout RunSpec) -> Void) -> String? {
            refusal(.svm, on: data) { spec in
                var svm = SVMSpec()
                svm.kernel = .rbf
                spec.svm = svm
                spec.validationSplit = 0.2
                change(&spec)
            }
        }
        #expect(refused(sampleManifest(two)) { $0.weighing.balance = .weights } == nil)
        let weights = [ClassWeight(label: "yes", weight: 2)]
        #expect(refused(sampleManifest(two)) { $0.weighing.classWeights = weights } == nil)
        #expect(refused(sampleManifest(two)) { $0.weighing.threshold = .f1 } == nil)
        #expect(refused(sampleManifest(two)) { $0.weighing.scale = .standard } == nil)
        var sparse = sampleManifest(two)
        sparse.layout = .sparse
        #expect(refused(sparse) { $0.weighing.scale = .standard }?.contains("zeros") == true)
        #expect(refused(sparse) { $0.weighing.scale = .maxabs } == nil)
    }

    @Test("Validation rows of a class that training never shows are refused by its name")
    func unseen() {
        func refused(_ held: [(String, Int)], _ known: [(String, Int)]) -> String? {
            do {
                try checkAgreement(of: sampleManifest(held, name: "v"), with: sampleManifest(known))
                return nil
            } catch { return "\(error)" }
        }
        #expect(refused(two, two) == nil)
        #expect(refused([("no", 3), ("yes", 0)], two) == nil)
        #expect(
            refused([("no", 3), ("perhaps", 2)], two)
                == "--val-dataset: 2 rows of v are of class 'perhaps', which d never shows"
        )
        #expect(refused(two, [("no", 9), ("yes", 0)])?.contains("class 'yes'") == true)
        #expect(refused([("yes", 3)], two)?.contains("have other numbers") == true)
        #expect(refused([], two)?.contains("the other real values") == true)
    }
}
