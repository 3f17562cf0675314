import Domain
import Learning
import LinearAlgebra
import RowSamples
import Testing
import Training

@Suite("Classes of different size")
struct BalancedTrainingTests {
    /// Nine rows of the first class to one of the second, overlapping.
    private static func rows(_ count: Int = 400, isSparse: Bool = false) -> SampleRows {
        let all = clouds(classes: 2, rows: count, columns: 3, distance: 0.5, isSparse: isSparse)
        let kept = (0..<count).filter { $0 % 2 == 0 || $0 % 18 == 1 }
        return SampleRows(
            kept.map { all.values[$0] },
            isSparse: isSparse,
            classes: kept.map { (all.classes ?? [])[$0] }
        )
    }

    private static func precise(_ algorithm: Algorithm, _ rows: SampleRows) -> TrialRun {
        var run = TrialRun(algorithm, rows.overThreeRanks)
        run.spec.tolerance = 1e-6
        run.spec.l2 = 0.01
        return run
    }

    @Test("A row that weighs three counts as three rows do", arguments: [false, true])
    func repeated(isSparse: Bool) throws {
        let rows = Self.rows(isSparse: isSparse)
        let numbers = (0..<rows.rows).flatMap { row in
            [Int](repeating: row, count: rows.classes?[row] == 1 ? 3 : 1)
        }
        let thrice = SampleRows(
            numbers.map { rows.values[$0] },
            isSparse: isSparse,
            classes: numbers.map { (rows.classes ?? [])[$0] }
        )
        var run = Self.precise(.gd, rows)
        run.classWeights = [2, 6]
        let weighted = try run.run()[0]
        let expected = try Self.precise(.gd, thrice).run()[0]
        for (one, other) in zip(weighted.parameters, expected.parameters) {
            // Both end within 1e-6 of the same minimum, where parameters are sharp to its root.
            #expect(abs(one - other) < 5e-3)
        }
        let objectives = [weighted, expected].map { $0.result.objective ?? 0 }
        #expect(abs(objectives[0] - objectives[1]) < 1e-6)
        let metrics = try #require(weighted.result.metrics.first)
        #expect(metrics.rows == rows.rows, "figures count rows, whatever they weigh")
    }

    @Test(
        "Each way to balance finds the small class",
        arguments: [Balance.weights, .oversample, .undersample],
        [Algorithm.sgd, .gd]
    )
    func recall(balance: Balance, algorithm: Algorithm) throws {
        let rows = Self.rows()
        let plain = try TrialRun(algorithm, rows.overThreeRanks).run()[0].result.metrics[0]
        var run = TrialRun(algorithm, rows.overThreeRanks)
        run.spec.weighing.balance = balance
        let records = try run.run()
        #expect(records.allSatisfy { $0.parameters == records[0].parameters })
        let found = records[0].result.metrics[0]
        #expect((found.balancedAccuracy ?? 0) > (plain.balancedAccuracy ?? 1) + 0.05)
        #expect(found.rows == rows.rows)
    }

    @Test("Balanced weights are those of scikit-learn, and the loss is their weighted mean")
    func loss() throws {
        let rows = Self.rows()
        var run = Self.precise(.gd, rows)
        run.spec.weighing.balance = .weights
        let record = try run.run()[0]
        let shape = try #require(record.shape)
        let positives = Double(rows.classes?.count { $0 == 1 } ?? 0)
        let all = Double(rows.rows)
        var expected = 0.0
        for row in 0..<rows.rows {
            let isPositive = rows.classes?[row] == 1
            let weight = all / (2 * (isPositive ? positives : all - positives))
            let scorer = makeScorer(shape, words: record.parameters)
            var sums = EvaluationSums(classes: 2)
            try rows.withRows(row..<row + 1) { sums.add($0, by: scorer) }
            expected += weight * sums.loss / all
        }
        // A few hundred additions of floats' losses.
        #expect(abs((record.result.loss ?? 0) - expected) < 1e-6)
    }

    @Test("A threshold chosen on validation rows does better there, and stays with the model")
    func threshold() throws {
        let rows = Self.rows(900)
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.validationSplit = 0.4
        let plain = try run.run()[0]
        run.spec.weighing.threshold = .f1
        let found = try run.run()[0]
        #expect(plain.shape?.threshold == nil)
        #expect(found.parameters == plain.parameters)
        let threshold = try #require(found.shape?.threshold)
        #expect(threshold != 0)
        let figures = [plain, found].map { $0.result.metrics[0] }
        #expect((figures[1].f1 ?? 0) > (figures[0].f1 ?? 1))
        #expect(figures[1].rocAUC == figures[0].rocAUC)
        run.spec.weighing.threshold = .cost(falsePositive: 1, falseNegative: 0)
        let careful = try run.run()[0].result.metrics[0]
        #expect(careful.confusion?[0][1] == 0, "where only false positives cost there are none")
    }
}

@Suite("Scales that stay with the model")
struct ScaledTrainingTests {
    private static func rows(isSparse: Bool = false) -> SampleRows {
        clouds(classes: 2, rows: 240, columns: 3, distance: 0.4, isSparse: isSparse) {
            [1, 50, 0.02][$0]
        }
    }

    private static func run(
        _ rows: SampleRows,
        _ scale: FeatureScale,
        bias: Bias = .free,
        l2: Double = 0.1
    ) throws -> RankRecord {
        var run = TrialRun(.gd, rows.overThreeRanks)
        run.spec.weighing.scale = scale
        run.spec.bias = bias
        run.spec.l2 = l2
        run.spec.tolerance = 1e-7
        return try run.run()[0]
    }

    @Test(
        "It is the model of rows that were scaled before, applied to raw ones",
        arguments: [FeatureScale.standard, .minmax, .maxabs],
        [Bias.free, .none, .feature]
    )
    func same(scale: FeatureScale, bias: Bias) throws {
        let rows = Self.rows()
        let found = try Self.run(rows, scale, bias: bias)
        let before = scaled(rows, scale)
        let expected = try Self.run(before, .none, bias: bias)
        // Two searches for one minimum, each to 1e-7 of it.
        #expect(abs((found.result.objective ?? 0) - (expected.result.objective ?? 1)) < 1e-6)
        let (ours, theirs) = (try #require(found.shape), try #require(expected.shape))
        #expect(ours.isScaled == (bias != .free && scale != .maxabs))
        let raw = try scores(ours, found, on: rows)
        let scaled = try scores(theirs, expected, on: before)
        for (one, other) in zip(raw, scaled) { #expect(abs(one - other) < 5e-3) }
    }

    @Test("Sparse rows scale as dense ones do, the zeros that they leave out counted")
    func sparse() throws {
        for scale in [FeatureScale.standard, .minmax, .maxabs] {
            let values = Self.rows().values.map { row in row.map { $0 > 0 ? $0 : 0 } }
            let classes = Self.rows().classes ?? []
            let dense = try Self.run(SampleRows(values, classes: classes), scale)
            let sparse = try Self.run(
                SampleRows(values, isSparse: true, classes: classes),
                scale
            )
            #expect(
                abs((dense.result.objective ?? 0) - (sparse.result.objective ?? 1)) < 1e-6,
                "\(scale)"
            )
        }
    }
}

@Suite("Validation rows while training")
struct ValidationTests {
    private static func run(_ body: (inout TrialRun) -> Void) throws -> RankRecord {
        let rows = clouds(classes: 3, rows: 300, columns: 6, distance: 0.5)
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.validationSplit = 0.3
        run.spec.seed = 5
        body(&run)
        let records = try run.run()
        #expect(records.allSatisfy { $0.parameters == records[0].parameters })
        return records[0]
    }

    @Test(
        "Without a better figure for so many epochs it ends with the best parameters",
        arguments: [MetricName.accuracy, .balancedAccuracy, .logLoss, .rocAUC, .loss]
    )
    func patience(metric: MetricName) throws {
        let found = try Self.run {
            $0.spec.patience = 3
            $0.spec.metric = metric
            $0.spec.tolerance = 1e-9
        }
        #expect(found.result.outcome == .converged)
        let rule = "no better \(metric.rawValue) on validation rows for 3 epochs; best"
        #expect(found.result.rule.hasPrefix(rule))
        let values = found.progress.filter { $0.epoch == $0.epoch.rounded() }.compactMap {
            $0.validation
        }
        let best = try #require(metric.isBetterHigher ? values.max() : values.min())
        let epoch = try #require(values.firstIndex(of: best)) + 1
        #expect(values.count == epoch + 3)
        #expect(Int(found.result.epochs) == values.count)
        let short = try Self.run {
            $0.spec.epochs = epoch
            $0.spec.tolerance = 1e-9
        }
        #expect(short.parameters == found.parameters)
        if metric != .loss {
            #expect(found.result.metrics[0].value(of: metric) == best)
        }
    }

    @Test("A run that stopped and goes on ends as one that did not")
    func resumed() throws {
        func settings(_ run: inout TrialRun) {
            run.spec.patience = 4
            run.spec.metric = .accuracy
            run.spec.checkpointEvery = 1
        }
        let whole = try Self.run(settings)
        let steps = whole.result.steps
        let middle = try #require(whole.checkpoints.first { $0.step >= steps * 2 / 3 })
        let resumed = try Self.run {
            settings(&$0)
            $0.checkpoint = middle
        }
        #expect(resumed.parameters == whole.parameters)
        #expect(resumed.result.steps == steps)
    }

    @Test("Areas under curves are those of all pairs of all ranks' rows")
    func areas() throws {
        let rows = clouds(classes: 2, rows: 210, columns: 3, distance: 0.4)
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.epochs = 3
        let record = try run.run()[0]
        let scores = try scores(try #require(record.shape), record, on: rows)
        var (right, pairs) = (0.0, 0.0)
        for positive in 0..<rows.rows where rows.classes?[positive] == 1 {
            for negative in 0..<rows.rows where rows.classes?[negative] == 0 {
                pairs += 1
                let difference = scores[positive] - scores[negative]
                right += difference > 0 ? 1 : difference == 0 ? 0.5 : 0
            }
        }
        // The scorer sees blocks of other sizes than the trainer's, so a last bit may differ.
        #expect(abs((record.result.metrics[0].rocAUC ?? 0) - right / pairs) < 1e-3)
        var area = 0.0
        let positives = (0..<rows.rows).filter { rows.classes?[$0] == 1 }
        for own in positives {
            let called = (0..<rows.rows).filter { scores[$0] >= scores[own] }
            let hits = called.count { rows.classes?[$0] == 1 }
            area += Double(hits) / Double(called.count) / Double(positives.count)
        }
        #expect(abs((record.result.metrics[0].prAUC ?? 0) - area) < 1e-3)
    }
}

@Suite("Networks and solvers over weighed rows")
struct WeighedModelTests {
    /// One small class within a ring of a large one.
    private func rings(_ count: Int = 300) -> SampleRows {
        var numbers = NormalNumbers(seed: 3)
        let values = (0..<count).map { _ in (0..<2).map { _ in numbers.next() } }
        let classes = values.map { row in
            Int32(row.reduce(0) { $0 + $1 * $1 } + numbers.next() / 2 < 0.3 ? 1 : 0)
        }
        return SampleRows(values, classes: classes)
    }

    private func network(_ rows: SampleRows) throws -> TrialRun {
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.network = try NetworkSpec("mlp:8")
        run.spec.model = .mlp
        run.spec.epochs = 20
        return run
    }

    @Test(
        "A balanced network finds the small class more often",
        arguments: [Balance.weights, .oversample, .undersample]
    )
    func balance(balance: Balance) throws {
        var run = try network(rings())
        let plain = try run.run()[0].result.metrics[0]
        run.spec.weighing.balance = balance
        let records = try run.run()
        #expect(records.allSatisfy { $0.parameters == records[0].parameters })
        let found = records[0].result.metrics[0]
        #expect((found.balancedAccuracy ?? 0) > (plain.balancedAccuracy ?? 1))
    }

    @Test(
        "A network keeps the scale that was asked for",
        arguments: [FeatureScale.none, .standard, .minmax, .maxabs]
    )
    func scale(scale: FeatureScale) throws {
        var run = try network(rings())
        run.spec.weighing.scale = scale
        let record = try run.run()[0]
        let shape = try #require(record.shape)
        #expect(shape.isScaled == (scale != .none))
        guard scale == .minmax else { return }
        let first = rings().values.map { Double($0[0]) }
        let (low, high) = (first.min() ?? 0, first.max() ?? 0)
        #expect(record.parameters[0] == Float(low))
        #expect(record.parameters[2] == Float(1 / (high - low)))
    }

    @Test("A network ends early with the parameters that did best on validation rows")
    func patience() throws {
        var run = try network(rings())
        run.spec.epochs = 200
        run.spec.validationSplit = 0.3
        run.spec.patience = 3
        run.spec.metric = .rocAUC
        let found = try run.run()[0]
        #expect(found.result.rule.hasPrefix("no better roc_auc on validation rows for 3 epochs"))
        let values = found.progress.filter(\.isWholeEpoch).compactMap(\.validation)
        let best = try #require(values.max())
        #expect(values.firstIndex(of: best) == values.count - 4)
        #expect(found.result.metrics[0].rocAUC == best)
    }

    @Test("Solvers choose a threshold too", arguments: [Algorithm.lbfgs, .newton, .svm])
    func threshold(algorithm: Algorithm) throws {
        var run = TrialRun(algorithm, rings().overThreeRanks)
        run.spec.l2 = algorithm == .svm ? nil : 0.01
        run.spec.validationSplit = 0.4
        let plain = try run.run()[0]
        run.spec.weighing.threshold = .f1
        let found = try run.run()[0]
        #expect(found.parameters == plain.parameters)
        #expect(found.shape?.threshold != nil)
        #expect((found.result.metrics[0].f1 ?? 0) > (plain.result.metrics[0].f1 ?? 0))
    }
}
