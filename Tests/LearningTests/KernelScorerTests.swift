import Domain
import Foundation
import Learning
import LinearAlgebra
import RowSamples
import Testing

@Suite("Scores of a kernel machine")
struct KernelScorerTests {
    /// A machine over made-up support vectors: the words of its tensors, and what they stand for.
    private struct Sample {
        var shape: ModelShape
        var words: [Float]
        let supports: [[Float]]
        let coefficients: [[Float]]
        let rho: [Float]

        init(_ function: KernelFunction, classes: Int, isOneVsRest: Bool, isSparse: Bool) {
            let counts = (0..<classes).map { 3 + $0 }
            let total = counts.reduce(0, +)
            supports = sampleMatrix(total, 5, seed: 3)
            let outputs =
                isOneVsRest ? (classes == 2 ? 1 : classes) : classes * (classes - 1) / 2
            let height = isOneVsRest ? outputs : classes - 1
            coefficients = sampleMatrix(height, total, seed: 5)
            rho = sampleMatrix(1, outputs, seed: 8)[0]
            let stored = supports.joined().filter { $0 != 0 }
            shape = ModelShape(
                kind: .kernelSVM,
                columns: 5,
                classes: classes,
                bias: .free,
                biasScale: 1
            )
            shape.kernel = KernelShape(
                function: function,
                supports: total,
                nonzeros: isSparse ? stored.count : nil,
                supportsOfClasses: isOneVsRest ? [] : counts,
                isOneVsRest: isOneVsRest,
                features: nil,
                hasProbabilities: false
            )
            words = []
            if isSparse {
                var offsets: [Int32] = [0]
                var indices: [Int32] = []
                for row in supports {
                    indices += row.indices.filter { row[$0] != 0 }.map { Int32($0) }
                    offsets.append(Int32(indices.count))
                }
                words += (offsets + indices).map { Float(bitPattern: UInt32(bitPattern: $0)) }
                words += stored
            } else {
                words += supports.joined()
            }
            words += coefficients.joined() + rho
        }

        /// The scores of a row, straight from the table of `KernelShape`.
        func scores(_ row: [Float]) -> [Double] {
            guard let kernel = shape.kernel else { return [] }
            let values = supports.map { naiveValue(kernel.function, row, $0) }
            if kernel.isOneVsRest {
                return rho.indices.map { output in
                    values.indices.reduce(-Double(rho[output])) {
                        $0 + Double(coefficients[output][$1]) * values[$1]
                    }
                }
            }
            let owners = kernel.supportsOfClasses.enumerated().flatMap {
                [Int](repeating: $0.offset, count: $0.element)
            }
            var scores: [Double] = []
            for a in 0..<shape.classes {
                for b in a + 1..<max(a + 1, shape.classes) {
                    var sum = -Double(rho[scores.count])
                    for (support, owner) in owners.enumerated() where owner == a || owner == b {
                        let row = owner == a ? b - 1 : a
                        sum += Double(coefficients[row][support]) * values[support]
                    }
                    scores.append(sum)
                }
            }
            return scores
        }
    }

    private func scores(_ scorer: any Scorer, _ rows: SampleRows) throws -> [Float] {
        var scores = [Float](repeating: 0, count: rows.rows * scorer.outputs)
        try rows.withRows(0..<rows.rows) { scorer.writeScores(of: $0, to: &scores) }
        return scores
    }

    @Test("They are what the tensors say, dense or sparse", arguments: sampleFunctions, [2, 4])
    func definition(function: KernelFunction, classes: Int) throws {
        for isOneVsRest in [false, true] {
            for isSparse in [false, true] {
                let sample = Sample(
                    function,
                    classes: classes,
                    isOneVsRest: isOneVsRest,
                    isSparse: isSparse
                )
                for batchIsSparse in [false, true] {
                    try check(sample, batchIsSparse: batchIsSparse)
                }
            }
        }
    }

    private func check(_ sample: Sample, batchIsSparse: Bool) throws {
        let values = sampleMatrix(300, 5, seed: 11)
        let scorer = makeScorer(sample.shape, words: sample.words)
        // Larger scores speak for the second of two classes.
        let isFlipped = sample.shape.classes == 2 && sample.shape.kernel?.isOneVsRest == false
        let sign: Double = isFlipped ? -1 : 1
        let rows = SampleRows(values, isSparse: batchIsSparse, classes: values.map { _ in 0 })
        let found = try scores(scorer, rows)
        for (row, value) in values.enumerated() where row % 37 == 0 {
            for (output, wanted) in sample.scores(value).enumerated() {
                let own = Double(found[row * scorer.outputs + output])
                // Some ten sums of Floats around 1.
                #expect(abs(own - sign * wanted) <= 1e-5 * (1 + abs(wanted)))
            }
        }
    }

    @Test("Pairs vote, and the first class of the most votes is called")
    func votes() throws {
        let sample = Sample(sampleFunctions[1], classes: 3, isOneVsRest: false, isSparse: false)
        let scorer = makeScorer(sample.shape, words: sample.words)
        // (0,1), (0,2), (1,2): f > 0 for the first of the pair.
        #expect(scorer.bestClass([1, 1, 1]) == 0)
        #expect(scorer.bestClass([-1, 1, 1]) == 1)
        #expect(scorer.bestClass([1, -1, -1]) == 2)
        // One vote each: the first.
        #expect(scorer.bestClass([1, -1, 1]) == 0)
        // Zero is a vote for the second.
        #expect(scorer.bestClass([0, 0, 0]) == 2)
        // Only pairs with the row's own class count: 1 − 0.5, and nothing.
        var scores: [Float] = [0.5, 2, 9]
        let loss = scorer.loss(&scores, label: 0)
        #expect(loss == 0.5)
    }

    @Test("With two classes the second is called where the score reaches the threshold")
    func threshold() throws {
        var sample = Sample(sampleFunctions[1], classes: 2, isOneVsRest: false, isSparse: false)
        sample.shape.threshold = 0.25
        let scorer = makeScorer(sample.shape, words: sample.words)
        #expect(scorer.bestClass([0.2]) == 0)
        #expect(scorer.bestClass([0.3]) == 1)
        #expect(scorer.bestClass([-0.3]) == 0)
    }

    @Test("Random Fourier features are cosines", arguments: [false, true])
    func fourier(isSparse: Bool) throws {
        let (frequencies, phases) = (sampleMatrix(7, 5, seed: 2), sampleMatrix(1, 7, seed: 4)[0])
        let (coefficients, rho) = (sampleMatrix(3, 7, seed: 6), [Float(0.5), -0.25, 0.125])
        var shape = ModelShape(
            kind: .kernelSVM,
            columns: 5,
            classes: 3,
            bias: .free,
            biasScale: 1
        )
        shape.kernel = KernelShape(
            function: KernelFunction(kind: .rbf),
            supports: 0,
            nonzeros: nil,
            supportsOfClasses: [],
            isOneVsRest: true,
            features: 7,
            hasProbabilities: false
        )
        let words = Array(frequencies.joined()) + phases + coefficients.joined() + rho
        let values = sampleMatrix(20, 5, seed: 9)
        let rows = SampleRows(values, isSparse: isSparse, classes: values.map { _ in 0 })
        let found = try scores(makeScorer(shape, words: words), rows)
        for (row, value) in values.enumerated() {
            for output in 0..<3 {
                var wanted = -Double(rho[output])
                for j in 0..<7 {
                    let angle = zip(frequencies[j], value).reduce(Double(phases[j])) {
                        $0 + Double($1.0) * Double($1.1)
                    }
                    wanted += Double(coefficients[output][j]) * (2.0 / 7).squareRoot() * cos(angle)
                }
                #expect(abs(Double(found[3 * row + output]) - wanted) <= 1e-5)
            }
        }
    }
}
