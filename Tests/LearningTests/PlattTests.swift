import Domain
import Foundation
import Learning
import LinearAlgebra
import MeetingRanks
import RowSamples
import Testing

@Suite("Probabilities of a kernel machine")
struct PlattTests {
    @Test("A sigmoid is the most likely one, as small steps away from it show")
    func likelihood() {
        let first = (0..<60).map { Double($0 % 17) / 8 - 0.4 }
        let second = (0..<40).map { 0.5 - Double($0 % 13) / 7 }
        let sigmoid = Sigmoid(first: first, second: second)
        func loss(_ a: Double, _ b: Double) -> Double {
            func term(_ value: Double, _ target: Double) -> Double {
                let p = 1 / (1 + exp(a * value + b))
                return -target * log(p) - (1 - target) * log(1 - p)
            }
            return first.reduce(0) { $0 + term($1, 61.0 / 62) }
                + second.reduce(0) { $0 + term($1, 1.0 / 42) }
        }
        let best = loss(sigmoid.a, sigmoid.b)
        #expect(sigmoid.a < 0)
        for step in [1e-2, 1e-1] {
            for (x, y) in [(step, 0.0), (-step, 0), (0, step), (0, -step)] {
                #expect(loss(sigmoid.a + x, sigmoid.b + y) > best)
            }
        }
    }

    private func trials(_ parts: [SampleRows], classes: Int) throws -> [[Float]] {
        try RankThreads.run(parts.count) { reducer in
            let rows = parts[reducer.rank]
            let numbers = (0..<Int32(rows.rows)).map { $0 }
            let data = try KernelData(rows, numbers: numbers, classes: classes)
            var plan = KernelPlan(
                function: KernelFunction(kind: .rbf, gamma: 0.4),
                costs: [Double](repeating: 1, count: classes)
            )
            plan.seed = 4
            plan.hasProbabilities = true
            let meeting = KernelMeeting(reducer)
            let solver = ExactKernelSolver(data, plan, meeting: meeting)
            while try solver.advance() == .moved {}
            let platt = try PlattFit(data, plan, meeting: meeting)
            while try platt.advance() == .moved {}
            var machine = try solver.machine()
            platt.complete(&machine)
            var shape = ModelShape(
                kind: .kernelSVM,
                columns: rows.columns,
                classes: classes,
                bias: .free,
                biasScale: 1
            )
            shape.kernel = machine.shape
            let scorer = makeScorer(shape, words: machine.words)
            var scores = [Float](repeating: 0, count: scorer.outputs)
            var result = machine.words
            for row in 0..<Swift.min(10, parts[0].rows) {
                try parts[0].withRows(row..<row + 1) { scorer.writeScores(of: $0, to: &scores) }
                let probabilities = scorer.probabilities(&scores)
                #expect(probabilities.count == classes)
                #expect(abs(probabilities.reduce(0, +) - 1) <= 1e-5)
                #expect(probabilities.allSatisfy { $0 >= 0 })
                result += probabilities
            }
            return result
        }
    }

    @Test("They sum to one, and all ranks hold the same", arguments: [2, 3], [1, 2, 3])
    func ranks(classes: Int, ranks: Int) throws {
        let rows = overlapping(classes: classes, rows: 120)
        let found = try trials(rows.dealt(ranks), classes: classes)
        for words in found { #expect(words == found[0]) }
    }

    @Test("They tell how often a class is right")
    func calibration() throws {
        let rows = overlapping(classes: 2, rows: 400)
        let plan = KernelPlan(function: KernelFunction(kind: .rbf, gamma: 0.4), costs: [1, 1])
        let values = try kernelTrial([rows], plan)[0]
        #expect(values.shape.hasProbabilities == false)
        let found = try trials([rows], classes: 2)[0]
        // Rows of either class in turn; each speaks for its own more often than not.
        let own = found.suffix(20)
        let right = (0..<10).count { own[own.startIndex + 2 * $0 + $0 % 2] > 0.5 }
        #expect(right >= 6)
    }

    @Test("Pairs are coupled as Wu, Lin and Weng minimise it")
    func coupling() {
        var shape = ModelShape(
            kind: .kernelSVM,
            columns: 1,
            classes: 3,
            bias: .free,
            biasScale: 1
        )
        shape.kernel = KernelShape(
            function: KernelFunction(kind: .linear),
            supports: 0,
            nonzeros: nil,
            supportsOfClasses: [0, 0, 0],
            isOneVsRest: false,
            features: nil,
            hasProbabilities: true
        )
        let scorer = makeScorer(shape, words: [0, 0, 0, -1, -1, -1, 0, 0, 0])
        var scores: [Float] = [0.4, 1.5, 0.8]
        let p = scorer.probabilities(&scores).map(Double.init)
        let r = [0.4, 1.5, 0.8].map { 1 / (1 + exp(-$0)) }
        func error(_ p: [Double]) -> Double {
            var sum = 0.0
            for (own, pair) in zip(r, [(0, 1), (0, 2), (1, 2)]) {
                let apart = (1 - own) * p[pair.0] - own * p[pair.1]
                sum += 2 * apart * apart
            }
            return sum
        }
        // The end of the iteration is 0.005 / classes of the gradient.
        for (from, to) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
            var other = p
            other[from] -= 0.02
            other[to] += 0.02
            #expect(error(other) > error(p))
        }
    }
}
