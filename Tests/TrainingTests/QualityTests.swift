import Domain
import Learning
import RowSamples
import Testing
import Training

@Suite("Training with nothing said but the data")
struct QualityTests {
    private func result(_ algorithm: Algorithm, _ rows: SampleRows) throws -> RunResult {
        try TrialRun(algorithm, rows.overThreeRanks).run()[0].result
    }

    @Test("Columns from 10⁻⁶ to 10⁶ train as columns of one size do", arguments: [false, true])
    func units(isSparse: Bool) throws {
        let plain = clouds(classes: 4, rows: 400, columns: 7, distance: 0.6, isSparse: isSparse)
        let scaled = clouds(
            classes: 4,
            rows: 400,
            columns: 7,
            distance: 0.6,
            isSparse: isSparse
        ) { [1e-6, 1e6, 1, 1e3, 1e-3, 30, 0.2][$0] }
        let expected = try result(.sgd, plain)
        let found = try result(.sgd, scaled)
        #expect(expected.outcome == .converged)
        #expect(found.outcome == .converged)
        let accuracy = expected.metrics[0].accuracy ?? 0
        #expect(accuracy > 0.75)
        #expect(abs((found.metrics[0].accuracy ?? 0) - accuracy) < 0.01)
    }

    @Test("Classes that a plane separates end by themselves", arguments: [2, 3])
    func separable(classes: Int) throws {
        let found = try result(.sgd, clouds(classes: classes, rows: 120, columns: 3, distance: 9))
        #expect(found.outcome == .converged)
        #expect(found.metrics[0].accuracy == 1)
        #expect(found.epochs < 500)
    }

    @Test(
        "Labels far from zero are explained as well as they can be",
        arguments: [
            Algorithm.sgd, .gd,
        ]
    )
    func regression(algorithm: Algorithm) throws {
        let record = try TrialRun(
            algorithm,
            plane(rows: 500, columns: 4, noise: 0.5).overThreeRanks
        ).run()[0]
        #expect(record.result.outcome == .converged)
        // Noise of 0.5 in a label that deviates by √30: R² cannot exceed 0.992.
        #expect((record.result.metrics[0].r2 ?? 0) > 0.988)
        for (weight, exact) in zip(record.parameters, [1, 2, 3, 4, 1000] as [Float]) {
            #expect(abs(weight - exact) < 0.1)
        }
    }

    @Test("A constant column, a rare one and a single row harm nothing")
    func oddColumns() throws {
        var values = clouds(classes: 2, rows: 200, columns: 3, distance: 2).values
        for row in values.indices {
            values[row][1] = 7
            values[row].append(row == 17 ? 1e5 : 0)
        }
        let rows = SampleRows(values, classes: (0..<200).map { Int32($0 % 2) })
        let found = try result(.sgd, rows)
        #expect(found.outcome == .converged)
        #expect((found.metrics[0].accuracy ?? 0) > 0.8)
        let single = SampleRows([[1, 2]], classes: [1])
        let alone = try TrialRun(.sgd, [single]).run()[0]
        #expect(alone.result.outcome == .converged)
        #expect(alone.result.metrics[0].accuracy == 1)
        let equal = SampleRows([[1], [2], [3]], reals: [4, 4, 4])
        #expect(try TrialRun(.sgd, [equal]).run()[0].result.metrics[0].rmse == 0)
    }

    @Test("The line says what was chosen")
    func line() throws {
        let rows = clouds(classes: 3, rows: 150, columns: 4, distance: 1)
        let line = try #require(try TrialRun(.sgd, rows.overThreeRanks).run()[0].lines.first)
        #expect(line.hasPrefix("model softmax (3 classes) · batch 16 · rate "))
        #expect(line.contains("(from the curvature) · momentum 0.9 · l2 0.00222 on scaled columns"))
    }

    @Test("Rows held out for validation are not trained on, and are measured apart")
    func validationSplit() throws {
        let rows = clouds(classes: 2, rows: 1000, columns: 3, distance: 1.5)
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.validationSplit = 0.25
        let found = try run.run()[0].result
        #expect(found.metrics.map(\.on) == ["validation", "training"])
        let (held, trained) = (found.metrics[0].rows, found.metrics[1].rows)
        #expect(held + trained == 1000)
        // 250 expected with a deviation of 14.
        #expect(abs(held - 250) < 70)
        #expect((found.metrics[0].accuracy ?? 0) > 0.7)
    }

    @Test("A validation dataset is measured over all ranks")
    func validationRows() throws {
        let rows = clouds(classes: 2, rows: 300, columns: 3, distance: 0.7)
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.validation = rows.part(0..<10)
        let found = try run.run()[0].result
        #expect(found.metrics[0].on == "validation")
        #expect(found.metrics[0].rows == 30, "ten rows at each of three ranks")
    }

    @Test(
        "Where every weight is penalised, gradient descent's bound is true",
        arguments: [
            Bias.none, .feature,
        ]
    )
    func certified(bias: Bias) throws {
        let rows = clouds(classes: 2, rows: 300, columns: 5, distance: 0.5) {
            [1, 20, 0.1][$0 % 3]
        }
        var run = TrialRun(.gd, rows.overThreeRanks)
        run.spec.bias = bias
        run.spec.l2 = 0.01
        run.spec.tolerance = 1e-2
        let early = try run.run()[0].result
        run.spec.tolerance = 1e-7
        let late = try run.run()[0].result
        let gap = try #require(early.certifiedGap)
        #expect(early.outcome == .converged)
        #expect(early.rule == "certified: (P − P*)/P ≤ 0.01")
        #expect(gap <= 0.01)
        let (value, best) = (early.objective ?? 0, late.objective ?? 0)
        #expect(best <= value + 1e-9)
        #expect((value - best) / value <= gap)
    }

    @Test("Without a bound it says that there is none")
    func uncertified() throws {
        let found = try result(.gd, clouds(classes: 2, rows: 200, columns: 3, distance: 0.5))
        #expect(found.outcome == .converged)
        #expect(found.certifiedGap == nil)
        #expect(found.rule.contains("no bound on P − P* exists"))
    }

    @Test("The penalty counts raw weights, whatever the unit of the columns")
    func penalty() throws {
        let rows = clouds(classes: 2, rows: 200, columns: 2, distance: 0.5) { [10, 0.1][$0] }
        var run = TrialRun(.gd, rows.overThreeRanks)
        run.spec.l2 = 0.5
        run.spec.tolerance = 1e-6
        let record = try run.run()[0]
        let square = record.parameters.prefix(2).reduce(0) { $0 + Double($1) * Double($1) }
        let expected = (record.result.loss ?? 0) + 0.25 * square
        #expect(abs((record.result.objective ?? 0) - expected) < 1e-6)
    }
}
