import Learning
import LinearAlgebra
import Testing

@Suite("Gradient descent")
struct GradientDescentTests {
    /// ½ Σ cᵢ(θᵢ − 1)², whose curvatures differ by 10⁴.
    private func bowl(_ point: [Double]) -> (value: Double, gradient: [Double]) {
        let curvatures = [1.0, 30, 1000, 10_000]
        var value = 0.0
        for (x, c) in zip(point, curvatures) { value += c * (x - 1) * (x - 1) / 2 }
        return (value, zip(point, curvatures).map { $1 * ($0 - 1) })
    }

    @Test(
        "It finds its step and the minimum, from a first trial far too long or short",
        arguments: [1e-9, 1e-4, 1e6]
    )
    func converges(first: Double) {
        var search = GradientDescent(parameters: [0, 0, 0, 0], step: first)
        var passes = 0
        while passes < 2000 {
            let trial = search.trial
            let (value, gradient) = bowl(trial)
            _ = search.take(value: value, gradient: gradient)
            passes += 1
            if let value = search.value, value < 1e-8 { break }
        }
        #expect(passes < 600)
        #expect(search.parameters.allSatisfy { abs($0 - 1) < 1e-3 })
    }

    @Test("A value that is not a number is refused, and the step shortened")
    func refuses() {
        var search = GradientDescent(parameters: [0], step: 1)
        #expect(search.take(value: 1, gradient: [1]) == .accepted)
        #expect(search.trial == [-1])
        #expect(search.take(value: .nan, gradient: [.nan]) == .refused)
        #expect(search.trial == [Double(Float(-0.1))])
        #expect(search.take(value: 2, gradient: [1]) == .refused)
        #expect(search.take(value: 0.5, gradient: [0.5]) == .accepted)
        #expect(search.value == 0.5)
        #expect(search.steps == 1)
    }

    @Test("Where no step lowers P it says so")
    func exhausted() {
        var search = GradientDescent(parameters: [0], step: 1)
        _ = search.take(value: 1, gradient: [1])
        var verdict = GradientDescent.Verdict.refused
        for _ in 0..<100 where verdict == .refused {
            verdict = search.take(value: 2, gradient: [1])
        }
        #expect(verdict == .exhausted)
    }

    @Test("A search that was saved goes on bit for bit")
    func resumes() {
        var search = GradientDescent(parameters: [0, 0, 0, 0], step: 1e-5)
        for _ in 0..<7 {
            let (value, gradient) = bowl(search.trial)
            _ = search.take(value: value, gradient: gradient)
        }
        var other = GradientDescent(
            parameters: search.parameters,
            value: search.value,
            gradient: search.gradient,
            step: search.step,
            history: search.history,
            steps: search.steps
        )
        for _ in 0..<20 {
            let (value, gradient) = bowl(search.trial)
            _ = search.take(value: value, gradient: gradient)
            let (otherValue, otherGradient) = bowl(other.trial)
            _ = other.take(value: otherValue, gradient: otherGradient)
        }
        #expect(search == other)
    }
}

@Suite("The plateau")
struct PlateauTests {
    @Test("It lowers the rate after as many epochs without a gain as it has patience, then stops")
    func advice() {
        var plateau = Plateau(tolerance: 0.01, patience: 2, drops: 1)
        let losses = [1.0, 0.9, 0.5, 0.4999, 0.4998, 0.4, 0.3999, 0.41]
        let advice = losses.map { plateau.handle($0) }
        #expect(advice == [.goOn, .goOn, .goOn, .goOn, .lowerRate, .goOn, .goOn, .stop])
    }

    @Test("A loss that creeps towards zero for ever has converged")
    func creeping() {
        var plateau = Plateau(tolerance: 0.001, patience: 3, drops: 0)
        var loss = 1.0
        var epochs = 0
        while plateau.handle(loss) != .stop, epochs < 2000 {
            loss *= 0.98
            epochs += 1
        }
        #expect(loss < 0.002)
        #expect(epochs < 500)
    }
}
