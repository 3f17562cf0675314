import ArgumentParser
import ControlAPI
import Domain
import Testing

@testable import distmlctl

@Suite("Kernel machines as typed and shown")
struct KernelTests {
    private func spec(_ words: [String]) throws -> SVMSpec {
        try SVMOptions.parse(words).spec
    }

    @Test("Without options it is the linear machine, with LIBSVM's numbers for the rest")
    func usual() throws {
        #expect(try spec([]) == SVMSpec())
        var kernel = SVMSpec()
        kernel.kernel = .rbf
        #expect(try spec(["--kernel", "rbf"]) == kernel)
        #expect(try spec(["--kernel", "rbf", "--gamma", "scale"]) == kernel)
    }

    @Test("Every option of a kernel machine reaches its spec")
    func all() throws {
        let spec = try spec([
            "--C", "10", "--kernel", "poly", "--gamma", "0.25", "--degree", "4", "--coef0=-1.5",
            "--mode", "features", "--map", "nystrom", "--features", "300", "--cache", "64MiB",
            "--probability",
        ])
        var wanted = SVMSpec()
        wanted.cost = 10
        (wanted.kernel, wanted.gamma, wanted.degree, wanted.coef0) = (.poly, 0.25, 4, -1.5)
        (wanted.mode, wanted.map, wanted.featureCount) = (.features, .nystrom, 300)
        (wanted.cacheBytes, wanted.hasProbabilities) = (64 << 20, true)
        #expect(spec == wanted)
    }

    @Test(
        "Words that are none are refused",
        arguments: [
            ["--kernel", "gauss"], ["--gamma", "auto"], ["--gamma", "inf"], ["--degree", "2.5"],
            ["--mode", "fast"], ["--map", "fourier"], ["--cache", "much"],
        ]
    )
    func refused(words: [String]) {
        #expect(throws: (any Error).self) { try spec(words) }
    }

    @Test("A sweep varies C, γ, degree and the kernel itself")
    func sweep() throws {
        let options = try SweepOptions.parse([
            "--grid", "C=1,10", "--grid", "gamma=scale,0.5", "--grid", "kernel=rbf,sigmoid",
        ])
        let trials = try trials(
            of: RunSvmCommand.self,
            options,
            words: ["svm", "--dataset", "digits", "--cache", "1GiB"],
            seed: 0
        )
        #expect(trials.count == 8)
        #expect(trials[0].options == "C=1 gamma=scale kernel=rbf")
        #expect(trials.map(\.spec.svm?.cost) == [1, 1, 1, 1, 10, 10, 10, 10])
        #expect(trials.map(\.spec.svm?.gamma) == [nil, nil, 0.5, 0.5, nil, nil, 0.5, 0.5])
        #expect(trials[1].spec.svm?.kernel == .sigmoid)
        #expect(trials.allSatisfy { $0.spec.svm?.cacheBytes == 1 << 30 })
    }

    private func lines(isCertified: Bool) -> String {
        var run = sampleRun(.converged)
        (run.dualObjective, run.gap, run.supportVectors, run.rounds) = (-12.5, 0.001, 1234, 7)
        run.certifiedGap = isCertified ? 0.001 : nil
        let terminal = Terminal(
            inputIsTerminal: false,
            outputWidth: nil,
            errorWidth: nil,
            hasColor: false
        )
        return RunPrinter().lines(run, on: terminal).joined(separator: "\n")
    }

    @Test("A run says its dual objective, its gap, support vectors and rounds")
    func shown() {
        let kernel = lines(isCertified: false)
        #expect(kernel.contains("-12.5") && kernel.contains("1,234 support vectors"))
        #expect(kernel.contains("Violation") && kernel.contains("Rounds"))
        let linear = lines(isCertified: true)
        #expect(linear.contains("1,234 rows within the margin") && linear.contains("certified"))
        #expect(!linear.contains("Violation"))
    }
}
