import Domain
import Learning
import RowSamples
import Testing
import Training

/// Nine rows of the first class to two or three of each other, overlapping.
private func uneven(classes: Int, isSparse: Bool = false) -> SampleRows {
    let all = clouds(classes: classes, rows: 240, columns: 3, distance: 0.5, isSparse: isSparse)
    let kept = (0..<all.rows).filter { $0 % classes == 0 || $0 % 9 < classes }
    return all.picked(kept)
}

extension SampleRows {
    /// The rows with these numbers, some of them perhaps several times.
    fileprivate func picked(_ numbers: [Int]) -> SampleRows {
        SampleRows(
            numbers.map { values[$0] },
            isSparse: isSparse,
            classes: numbers.map { (classes ?? [])[$0] }
        )
    }
}

/// What a run's options make of two searches for one minimum, each certified to `tolerance`.
private func isSame(_ one: RankRecord, _ other: RankRecord, tolerance: Double) throws -> Bool {
    let (first, second) = (
        try #require(one.result.objective), try #require(other.result.objective)
    )
    #expect([one, other].allSatisfy { ($0.result.certifiedGap ?? 1) <= tolerance })
    return abs(first - second) <= 2 * tolerance * second
}

@Suite("Solvers over rows that weigh differently")
struct WeightedSolverTests {
    static let cases = SolverCase.allCases.filter { $0 != .regression }

    @Test("A row that weighs three counts as three rows do", arguments: cases, [false, true])
    func repeated(solver: SolverCase, isSparse: Bool) throws {
        let rows = uneven(classes: solver.classes, isSparse: isSparse)
        let thrice = rows.picked(
            (0..<rows.rows).flatMap { row in
                [Int](repeating: row, count: rows.classes?[row] == 1 ? 3 : 1)
            }
        )
        let expected = try solver.run([thrice]).run()[0]
        for parts in [[rows], rows.overThreeRanks] {
            var run = solver.run(parts)
            run.classWeights = (0..<solver.classes).map { $0 == 1 ? 3 : 1 }
            let found = try run.run()
            #expect(found.allSatisfy { $0.parameters == found[0].parameters })
            #expect(try isSame(found[0], expected, tolerance: 1e-6))
            #expect(found[0].result.metrics[0].rows == rows.rows, "figures count rows")
        }
        let plain = try solver.run([rows]).run()[0]
        #expect(try !isSame(plain, expected, tolerance: 1e-6), "the weights must matter")
    }

    @Test(
        "Balanced, all methods minimise the mean of one loss",
        arguments: [Balance.weights, .oversample, .undersample],
        [SolverCase.newton, .lbfgs]
    )
    func descent(balance: Balance, solver: SolverCase) throws {
        let rows = uneven(classes: solver.classes)
        var run = solver.run(rows.overThreeRanks)
        run.spec.bias = .feature
        run.spec.weighing.balance = balance
        let found = try run.run()[0]
        run.spec.algorithm = .gd
        #expect(try isSame(found, try run.run()[0], tolerance: 1e-6))
    }

    @Test("Balanced machines have C times scikit-learn's weights", arguments: [2, 3])
    func machine(classes: Int) throws {
        let rows = uneven(classes: classes)
        let solver: SolverCase = classes == 2 ? .hinge : .oneVsRest
        var run = solver.run(rows.overThreeRanks)
        run.spec.bias = .feature
        run.spec.weighing.balance = .weights
        let record = try run.run()[0]
        let counts = (0..<classes).map { own in
            Double(rows.classes?.count { Int($0) == own } ?? 0)
        }
        let shape = try #require(record.shape)
        let scorer = makeScorer(shape, words: record.parameters)
        var objective = record.parameters.reduce(0) { $0 + Double($1) * Double($1) / 2 }
        for row in 0..<rows.rows {
            var sums = EvaluationSums(classes: classes)
            try rows.withRows(row..<row + 1) { sums.add($0, by: scorer) }
            let count = counts[Int(rows.classes?[row] ?? 0)]
            objective += 0.5 * Double(rows.rows) / (Double(classes) * count) * sums.loss
        }
        // Parameters and scores are rounded to Float.
        #expect(abs((record.result.objective ?? 0) - objective) < 1e-5 * objective)
        run.spec.weighing.balance = nil
        run.classWeights = counts.map { Double(rows.rows) / (Double(classes) * $0) }
        #expect(try run.run()[0].parameters == record.parameters)
    }

    @Test("Weights that are all two make a machine's C twice as large")
    func allAlike() throws {
        let rows = uneven(classes: 2)
        var twice = SolverCase.hinge.run([rows])
        twice.spec.svm?.cost = 1
        var weighted = SolverCase.hinge.run([rows])
        weighted.classWeights = [2, 2]
        #expect(try weighted.run()[0].parameters == twice.run()[0].parameters)
    }

    @Test("Balanced and scaled, from any checkpoint a search goes on bit for bit", arguments: cases)
    func resumes(solver: SolverCase) throws {
        var run = solver.run(uneven(classes: solver.classes).overThreeRanks)
        run.spec.weighing.balance = .oversample
        run.spec.weighing.scale = .standard
        run.spec.checkpointEvery = 1
        let undisturbed = try run.run()
        let checkpoints = undisturbed[1].checkpoints
        try #require(!checkpoints.isEmpty)
        for place in Set([0, checkpoints.count / 2, checkpoints.count - 1]) {
            let checkpoint = checkpoints[place]
            run.checkpoint = try TrainingCheckpoint(bytes: checkpoint.bytes)
            for record in try run.run() {
                #expect(record.parameters == undisturbed[0].parameters)
                #expect(record.shape == undisturbed[0].shape)
                #expect(record.result.objective == undisturbed[0].result.objective)
            }
        }
        run.checkpoint = checkpoints.last
        run.spec.weighing.scale = .maxabs
        run.checkpoint?.givenFactors = []
        #expect(throws: TrainingError.self) { try run.run() }
    }
}

@Suite("Solvers over scaled columns")
struct ScaledSolverTests {
    private func rows(_ classes: Int) -> SampleRows {
        clouds(classes: classes, rows: 150, columns: 3, distance: 0.4) {
            [1, 50, 0.02][$0]
        }
    }

    private func run(
        _ solver: SolverCase,
        _ parts: [SampleRows],
        _ scale: FeatureScale,
        _ bias: Bias = .free
    ) throws -> RankRecord {
        var run = solver.run(parts)
        run.spec.tolerance = 1e-8
        run.spec.bias = bias
        run.spec.weighing.scale = scale
        return try run.run()[0]
    }

    @Test(
        "It is the model of rows that were scaled before, applied to raw ones",
        arguments: WeightedSolverTests.cases,
        [FeatureScale.standard, .minmax, .maxabs]
    )
    func same(solver: SolverCase, scale: FeatureScale) throws {
        let rows = rows(solver.classes)
        let before = scaled(rows, scale)
        for bias in [Bias.free, .none, .feature] {
            let expected = try run(solver, [before], .none, bias)
            let found = try run(solver, rows.overThreeRanks, scale, bias)
            // Scaled columns are rounded to Float, by other formulas than the test's.
            #expect(try isSame(found, expected, tolerance: 1e-7))
            let (ours, theirs) = (try #require(found.shape), try #require(expected.shape))
            #expect(ours.isScaled == (bias != .free && scale != .maxabs))
            let raw = try scores(ours, found, on: rows)
            let plain = try scores(theirs, expected, on: before)
            // P is sharp to the root of its gap.
            for (one, other) in zip(raw, plain) { #expect(abs(one - other) < 5e-3) }
        }
    }

    @Test(
        "Sparse rows scale as dense ones do",
        arguments: WeightedSolverTests.cases,
        [FeatureScale.standard, .minmax, .maxabs]
    )
    func sparse(solver: SolverCase, scale: FeatureScale) throws {
        let rows = rows(solver.classes)
        let values = rows.values.map { row in row.map { $0 > 0 ? $0 : 0 } }
        let classes = rows.classes ?? []
        let dense = try run(solver, [SampleRows(values, classes: classes)], scale)
        let parts = SampleRows(values, isSparse: true, classes: classes).overThreeRanks
        #expect(try isSame(try run(solver, parts, scale), dense, tolerance: 1e-7))
    }

    @Test("Real labels stay in their unit")
    func regression() throws {
        let rows = plane(rows: 120, columns: 4, noise: 1)
        let (found, expected) = (
            try run(.regression, rows.overThreeRanks, .standard),
            try run(.regression, [scaled(rows, .standard)], .none)
        )
        #expect(try isSame(found, expected, tolerance: 1e-7))
    }
}

@Suite("Solvers that can go no further")
struct ExhaustedSolverTests {
    @Test("They did not converge, and say what is certified", arguments: SolverCase.allCases)
    func exhausted(solver: SolverCase) throws {
        for parts in [[solver.rows], solver.rows.overThreeRanks] {
            var run = solver.run(parts)
            run.spec.tolerance = 0
            run.spec.steps = 500
            let result = try run.run()[0].result
            let gap = try #require(result.certifiedGap)
            // The last digits of P and D may agree, which proves all that was asked for.
            guard gap > 0 else {
                #expect(result.outcome == .converged)
                continue
            }
            #expect(gap < 1e-11)
            #expect(result.outcome == .limitReached)
            #expect(result.rule.hasPrefix("no step lowers P further in 64-bit numbers"))
            #expect(result.rule.contains("tolerance"))
        }
    }
}
