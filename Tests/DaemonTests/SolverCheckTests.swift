import Domain
import Testing

@testable import Daemon

@Suite("What L-BFGS, Newton and machines may be asked for")
struct SolverCheckTests {
    /// The option that is refused; nil where all is well.
    private func refused(
        _ algorithm: Algorithm,
        on labels: LabelKind = .classes(["no", "yes"]),
        _ change: (inout RunSpec) -> Void = { _ in }
    ) -> String? {
        var spec = RunSpec(algorithm: algorithm, dataset: DatasetName(checked: "d"))
        if algorithm == .svm { spec.svm = SVMSpec() }
        change(&spec)
        do {
            try check(spec, on: sampleManifest(labels: labels))
            return nil
        } catch { return error.option }
    }

    @Test("What they are for is accepted")
    func accepted() {
        #expect(refused(.lbfgs) { $0.l1 = 0.1 } == nil)
        #expect(refused(.newton) { $0.l2 = 0.1 } == nil)
        #expect(refused(.newton, on: .real) == nil)
        #expect(refused(.svm) == nil)
        #expect(refused(.svm, on: .classes(["a", "b", "c"])) == nil)
    }

    @Test("An L1 penalty goes with lbfgs alone, and is a number of 0 or more")
    func l1() {
        for algorithm in [Algorithm.gd, .sgd, .newton, .svm] {
            #expect(refused(algorithm) { $0.l1 = 0.1 } == "--l1")
        }
        for bad in [-0.1, .infinity, .nan] { #expect(refused(.lbfgs) { $0.l1 = bad } == "--l1") }
    }

    @Test("C is a number above 0", arguments: [0, -1, .infinity, .nan])
    func cost(value: Double) {
        #expect(refused(.svm) { $0.svm?.cost = value } == "--C")
    }

    @Test("Options of a rate go with none of them", arguments: [Algorithm.lbfgs, .newton, .svm])
    func rate(algorithm: Algorithm) {
        #expect(refused(algorithm) { $0.learningRate = 0.1 } == "--lr")
        #expect(refused(algorithm) { $0.momentum = 0.1 } == "--momentum")
        #expect(refused(algorithm) { $0.weightDecay = 0.1 } == "--weight-decay")
        #expect(refused(algorithm) { $0.batch = 4 } == "--batch")
        #expect(refused(algorithm) { $0.schedule = .step } == "--schedule")
    }

    @Test("A machine has no λ, no other model, and tells classes apart")
    func machine() {
        #expect(refused(.svm) { $0.l2 = 0.1 } == "--l2")
        #expect(refused(.svm) { $0.model = .logistic } == "--model")
        #expect(refused(.svm, on: .real) == "--dataset")
        #expect(
            refused(.svm) {
                $0.svm?.loss = .squaredHinge
                $0.svm?.multiclass = .crammerSinger
            } == "--loss"
        )
    }
}
