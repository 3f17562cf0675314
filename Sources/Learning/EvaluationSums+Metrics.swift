public import Domain

/// What the sums say.
extension EvaluationSums {
    /// Rows of each class.
    public var rowsByClass: [Int] {
        (0..<classes).map { k in
            Int((0..<classes).reduce(0) { $0 + confusion[k * classes + $1] })
        }
    }

    /// Mean loss per row, each row weighing what its class does.
    ///
    /// Shapes: `weights` (classes), or empty where all rows count 1.
    public func meanLoss(weights: [Float]) -> Double? {
        guard rows > 0 else { return nil }
        guard !weights.isEmpty else { return loss / rows }
        precondition(weights.count == classes, "\(weights.count) weights of \(classes) classes")
        let counts = rowsByClass
        var (sum, weight) = (0.0, 0.0)
        for k in 0..<classes {
            sum += Double(weights[k]) * lossByClass[k]
            weight += Double(weights[k]) * Double(counts[k])
        }
        return weight > 0 ? sum / weight : nil
    }

    /// What the sums say of rows that `on` names, scored by a model of this shape.
    public func metrics(on: String, by shape: ModelShape) -> Metrics {
        var metrics = Metrics(on: on, rows: Int(counted: rows))
        guard rows > 0 else { return metrics }
        guard classes > 0 else {
            metrics.rmse = (moments[0] / rows).squareRoot()
            let spread = moments[2] - moments[1] * moments[1] / rows
            if spread > 0 { metrics.r2 = 1 - moments[0] / spread }
            return metrics
        }
        if shape.isLikelihood { metrics.logLoss = loss / rows }
        if shape.outputs == classes, classes > EvaluationSums.nearbyMax {
            metrics.top5 = nearby / rows
        }
        fillClassMetrics(&metrics)
        return metrics
    }

    private func fillClassMetrics(_ metrics: inout Metrics) {
        let figures = classFigures
        let occurring = figures.filter { $0.rows > 0 }
        // As scikit-learn has it: classes that rows have or are called; others say nothing.
        let present = figures.indices.filter { figures[$0].rows > 0 || callsOf($0) > 0 }
            .map { figures[$0] }
        func mean(_ figures: [ClassFigures], _ value: (ClassFigures) -> Double) -> Double {
            figures.isEmpty ? 0 : figures.reduce(0) { $0 + value($1) } / Double(figures.count)
        }
        let right = (0..<classes).reduce(0.0) { $0 + confusion[$1 * classes + $1] }
        metrics.accuracy = right / rows
        metrics.balancedAccuracy = mean(occurring, \.recall)
        // Every row is called one class, so precision and recall over all classes together are the
        // share that is right, and so is their harmonic mean.
        metrics.f1Micro = right / rows
        let isBinary = classes == 2
        metrics.precision = isBinary ? figures[1].precision : mean(present, \.precision)
        metrics.recall = isBinary ? figures[1].recall : mean(present, \.recall)
        metrics.f1 = isBinary ? figures[1].f1 : mean(present, \.f1)
        metrics.f1Macro = mean(present, \.f1)
        metrics.perClass = figures
        guard classes <= Metrics.confusionClassesMax else { return }
        metrics.confusion = (0..<classes).map { row in
            (0..<classes).map { Int(confusion[row * classes + $0]) }
        }
    }

    /// Rows that were called this class.
    private func callsOf(_ number: Int) -> Double {
        (0..<classes).reduce(0) { $0 + confusion[$1 * classes + number] }
    }

    private var classFigures: [ClassFigures] {
        (0..<classes).map { k in
            let hits = confusion[k * classes + k]
            let actual = (0..<classes).reduce(0) { $0 + confusion[k * classes + $1] }
            let called = callsOf(k)
            // A class that does not occur has no recall; one never called has precision 0.
            let recall = actual > 0 ? hits / actual : 0
            let precision = called > 0 ? hits / called : 0
            let sum = recall + precision
            return ClassFigures(
                rows: Int(actual),
                precision: precision,
                recall: recall,
                f1: sum > 0 ? 2 * recall * precision / sum : 0
            )
        }
    }
}

extension Metrics {
    /// Adds the areas under the curves of the classes that were walked: one for two classes, else
    /// each against the rest, averaged over those that have both sides.
    public mutating func add(_ walks: [RankingWalk]) {
        let ranked = walks.filter { $0.positives > 0 && $0.negatives > 0 }
        guard !ranked.isEmpty else { return }
        let count = Double(ranked.count)
        rocAUC = ranked.reduce(0) { $0 + ($1.rocArea ?? 0) } / count
        prAUC = ranked.reduce(0) { $0 + ($1.precisionArea ?? 0) } / count
    }

    /// The figure of that name; nil where it does not apply or was not measured.
    public func value(of name: MetricName) -> Double? {
        switch name {
        case .accuracy: accuracy
        case .balancedAccuracy: balancedAccuracy
        case .f1: f1
        case .rocAUC: rocAUC
        case .prAUC: prAUC
        case .logLoss: logLoss
        case .rmse: rmse
        case .r2: r2
        case .loss: nil
        }
    }
}
