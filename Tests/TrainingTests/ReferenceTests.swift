import Domain
import Foundation
import Learning
import RowSamples
import Testing
import Training

/// SGD on a logistic model as one would write it down, in Double, over all rows of all ranks.
private struct NaiveSGD {
    let parts: [SampleRows]
    let rate: Double
    let momentum: Double
    let l2: Double
    let batch: Int
    let seed: UInt64

    private var rows: [[Float]] { parts.flatMap { $0.values } }

    /// Mean, and one over the deviation or an eighth of the reach, the penalty added.
    private func scales() -> (centers: [Double], factors: [Double]) {
        let rows = rows
        var centers: [Double] = []
        var factors: [Double] = []
        for column in rows[0].indices {
            let values = rows.map { Double($0[column]) }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance =
                values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            let reach = values.map { abs($0 - mean) }.max() ?? 0
            centers.append(mean)
            let spread = max(variance.squareRoot(), reach / 8)
            factors.append(1 / (spread * spread + 4 * l2).squareRoot())
        }
        return (centers, factors)
    }

    /// The order in which each rank takes its rows.
    private func orders(_ epoch: Int) -> [[Int]] {
        parts.enumerated().map { rank, part in
            var order = Array(0..<part.rows)
            var generator = SeededGenerator(seed: seed, UInt64(epoch), UInt64(rank))
            shuffle(&order, using: &generator)
            return order
        }
    }

    /// Raw weights, then the bias, after `epochs`.
    func parameters(after epochs: Int) -> [Double] {
        let (centers, factors) = scales()
        let columns = centers.count
        let total = parts.reduce(0) { $0 + $1.rows }
        let steps = (total + batch - 1) / batch
        var theta = [Double](repeating: 0, count: columns + 1)
        var velocity = theta
        for epoch in 0..<epochs {
            let orders = orders(epoch)
            for step in 0..<steps {
                let taken = zip(parts, orders).flatMap { part, order in
                    let low = order.count * step / steps
                    return order[low..<order.count * (step + 1) / steps].map { (part, $0) }
                }
                var gradient = [Double](repeating: 0, count: columns + 1)
                for (part, row) in taken {
                    let x =
                        (0..<columns).map {
                            (Double(part.values[row][$0]) - centers[$0]) * factors[$0]
                        } + [1]
                    let score = zip(x, theta).reduce(0) { $0 + $1.0 * $1.1 }
                    let residual = 1 / (1 + exp(-score)) - Double(part.classes?[row] ?? 0)
                    gradient = zip(gradient, x).map { $0 + residual * $1 }
                }
                for index in theta.indices {
                    let lambda = index < columns ? l2 * factors[index] * factors[index] : 0
                    let mean = gradient[index] / Double(taken.count)
                    velocity[index] = momentum * velocity[index] + mean + lambda * theta[index]
                    theta[index] -= rate * velocity[index]
                }
            }
        }
        let weights = (0..<columns).map { theta[$0] * factors[$0] }
        let moved = zip(weights, centers).reduce(0) { $0 + $1.0 * $1.1 }
        return weights + [theta[columns] - moved]
    }
}

@Suite("Training on several ranks")
struct ReferenceTests {
    private let rows = clouds(classes: 2, rows: 203, columns: 6, distance: 0.4) {
        [1, 40, 0.01][$0 % 3]
    }

    private func run(_ parts: [SampleRows], isSparse: Bool = false) -> TrialRun {
        var run = TrialRun(.sgd, parts)
        run.spec.learningRate = 0.2
        run.spec.momentum = 0.6
        run.spec.l2 = 1e-3
        run.spec.batch = 20
        run.spec.schedule = .constant
        run.spec.epochs = 4
        run.spec.tolerance = 1e-12
        run.spec.seed = 11
        return run
    }

    @Test("Three ranks, one of them nearly empty, reach what one naive loop reaches")
    func reference() throws {
        let parts = [rows.part(0..<100), rows.part(100..<200), rows.part(200..<203)]
        let records = try run(parts).run()
        let naive = NaiveSGD(
            parts: parts,
            rate: 0.2,
            momentum: 0.6,
            l2: 1e-3,
            batch: 20,
            seed: 11
        )
        let expected = naive.parameters(after: 4)
        #expect(records[0].result.outcome == .limitReached)
        #expect(records[0].result.epochs == 4)
        #expect(records[0].result.steps == 44)
        for (value, exact) in zip(records[0].parameters, expected) {
            // 44 steps in Float, each rounded to 6e-8, in columns that differ by 4,000 times.
            #expect(abs(Double(value) - exact) <= 2e-5 * abs(exact) + 1e-5)
        }
    }

    @Test(
        "All ranks hold the same bits, and a second run holds them again",
        arguments: [
            Algorithm.sgd, .gd,
        ]
    )
    func bits(algorithm: Algorithm) throws {
        var run = run(rows.overThreeRanks)
        run.spec.algorithm = algorithm
        let first = try run.run()
        let second = try run.run()
        for record in first + second {
            #expect(record.parameters == first[0].parameters)
            #expect(record.result.objective == first[0].result.objective)
            #expect(record.result.metrics == first[0].result.metrics)
            #expect(record.lines == first[0].lines)
        }
        #expect(first[0].parameters.contains { $0 != 0 })
    }

    @Test("A rank without rows takes part", arguments: [Algorithm.sgd, .gd])
    func emptyRank(algorithm: Algorithm) throws {
        var run = run([rows.part(0..<0), rows.part(0..<150), rows.part(150..<203)])
        run.spec.algorithm = algorithm
        let records = try run.run()
        #expect(records[0].parameters == records[2].parameters)
        #expect(records[0].result.metrics[0].rows == 203)
    }

    @Test("Nobody has rows: that is said")
    func noRows() {
        #expect(throws: TrainingError.noRows) {
            try run([rows.part(0..<0), rows.part(0..<0)]).run()
        }
    }

    @Test("A rank whose memory fails is found out at the end of the epoch")
    func memoryFault() {
        var run = run(rows.overThreeRanks)
        run.flip = (rank: 1, sum: 3)
        #expect(throws: TrainingError.parametersDiffer(step: 11)) { try run.run() }
    }

    @Test("Sparse rows give what the same rows give when they are dense")
    func sparse() throws {
        let sparse = SampleRows(rows.values, isSparse: true, classes: rows.classes ?? [])
        let one = try run(rows.overThreeRanks).run()[0]
        let other = try run(sparse.overThreeRanks).run()[0]
        for (value, expected) in zip(other.parameters, one.parameters) {
            #expect(abs(value - expected) <= 1e-4 * abs(expected) + 1e-5)
        }
    }
}
