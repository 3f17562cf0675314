import Domain
import Testing

@testable import Daemon

@Suite("What kernel machines may be asked for")
struct KernelCheckTests {
    /// What is refused of a machine by `kernel`; nil where all is well.
    private func refusal(
        _ kernel: KernelKind?,
        columns: Int = 2,
        _ change: (inout RunSpec, inout SVMSpec) -> Void = { _, _ in }
    ) -> RunSpecError? {
        var spec = RunSpec(algorithm: .svm, dataset: DatasetName(checked: "d"))
        var svm = SVMSpec()
        svm.kernel = kernel
        change(&spec, &svm)
        spec.svm = svm
        do {
            try check(spec, on: sampleManifest(columns: columns))
            return nil
        } catch { return error }
    }

    private func refused(
        _ kernel: KernelKind?,
        _ change: (inout SVMSpec) -> Void
    ) -> String? {
        refusal(kernel) { change(&$1) }?.option
    }

    @Test("What they are for is accepted", arguments: KernelKind.allCases)
    func accepted(kernel: KernelKind) {
        #expect(refused(kernel) { _ in } == nil)
        for mode in KernelMode.allCases { #expect(refused(kernel) { $0.mode = mode } == nil) }
        #expect(refused(kernel) { $0.hasProbabilities = true } == nil)
        #expect(
            refused(kernel) {
                $0.mode = .features
                $0.map = .nystrom
                $0.featureCount = 300
            } == nil
        )
    }

    @Test("γ is a number above 0 of a kernel that has one")
    func gamma() {
        for bad in [0, -1, .infinity, .nan] {
            #expect(refused(.rbf) { $0.gamma = bad } == "--gamma")
        }
        #expect(refused(.linear) { $0.gamma = 0.1 } == "--gamma")
        for kernel in [KernelKind.rbf, .poly, .sigmoid] {
            #expect(refused(kernel) { $0.gamma = 0.1 } == nil)
        }
    }

    @Test("Degree and constant belong to the kernels that have them")
    func polynomial() {
        for bad in [0, -3, 33] { #expect(refused(.poly) { $0.degree = bad } == "--degree") }
        #expect(refused(.poly) { $0.degree = 5 } == nil)
        // Also what would be poly's by default: it was given, and means nothing.
        for kernel in [KernelKind.linear, .rbf, .sigmoid] {
            let found = refusal(kernel) { $1.degree = 3 }
            #expect(found?.option == "--degree")
            #expect(found?.reason.contains("--kernel \(kernel.rawValue)") == true)
        }
        for bad in [Double.infinity, .nan] {
            #expect(refused(.poly) { $0.coef0 = bad } == "--coef0")
        }
        #expect(refused(.sigmoid) { $0.coef0 = -1 } == nil)
        #expect(refused(.rbf) { $0.coef0 = 0 } == "--coef0")
    }

    @Test("Without a kernel nothing of a kernel is taken")
    func none() {
        #expect(refused(nil) { $0.gamma = 0.1 } == "--gamma")
        #expect(refused(nil) { $0.degree = 3 } == "--degree")
        #expect(refused(nil) { $0.coef0 = 0 } == "--coef0")
        #expect(refused(nil) { $0.mode = .exact } == "--mode")
        #expect(refused(nil) { $0.map = .fourier } == "--map")
        #expect(refused(nil) { $0.featureCount = 9 } == "--features")
        #expect(refused(nil) { $0.cacheBytes = 1 << 21 } == "--cache")
        #expect(refused(nil) { $0.hasProbabilities = true } == "--probability")
        #expect(refusal(nil) { spec, _ in spec.model = .kernelSVM }?.option == "--model")
        #expect(refusal(.rbf) { spec, _ in spec.model = .svm }?.option == "--model")
    }

    @Test("The linear machine's ways are not a kernel machine's")
    func linear() {
        #expect(refused(.rbf) { $0.loss = .squaredHinge } == "--loss")
        #expect(refused(.rbf) { $0.multiclass = .crammerSinger } == "--multiclass")
        #expect(refusal(.rbf) { spec, _ in spec.bias = .none }?.option == "--bias")
        #expect(refused(.rbf) { $0.cacheBytes = 1000 } == "--cache")
    }

    @Test("Maps and their numbers go with --mode features, random ones with rbf alone")
    func features() {
        for mode in [nil, .exact, .cascade] as [KernelMode?] {
            let map = refused(.rbf) { ($0.mode, $0.map) = (mode, .fourier) }
            #expect(map == "--map")
            let count = refused(.rbf) { ($0.mode, $0.featureCount) = (mode, 100) }
            #expect(count == "--features")
        }
        for kernel in KernelKind.allCases {
            let map = refused(kernel) { ($0.mode, $0.map) = (.features, .fourier) }
            #expect(map == (kernel == .rbf ? nil : "--map"))
        }
        let probable = refused(.rbf) { ($0.mode, $0.hasProbabilities) = (.features, true) }
        #expect(probable == "--probability")
        for bad in [0, -1, 65_537] {
            #expect(
                refused(.rbf) { ($0.mode, $0.featureCount) = (.features, bad) } == "--features"
            )
        }
        #expect(refused(.poly) { ($0.mode, $0.featureCount) = (.features, 4097) } == "--features")
        let wide = refusal(.rbf, columns: 1 << 20) {
            ($1.mode, $1.featureCount) = (.features, 257)
        }
        #expect(wide?.hint == "use at most 256, or --map nystrom")
    }
}
