public import Domain
public import LinearAlgebra

/// How well a model does, as sums that add up over rows and ranks.
public struct EvaluationSums: Sendable, Equatable {
    /// Number of classes; 0 for real labels.
    public let classes: Int
    /// Rows seen.
    public private(set) var rows = 0.0
    /// Σ loss, in nats or half squared units.
    public private(set) var loss = 0.0
    /// Rows of class i that were called class j, at i · classes + j.
    public private(set) var confusion: [Double]
    /// Σ (z − y)², Σ y, Σ y²; zeros for classes.
    public private(set) var moments = [0.0, 0.0, 0.0]

    /// Sums over no rows; one class alone counts as two, of which one does not occur.
    public init(classes: Int) {
        let classes = classes == 1 ? 2 : classes
        self.classes = classes
        confusion = [Double](repeating: 0, count: classes * classes)
    }

    /// Sums that were taken apart by `values`; nil where the count does not fit.
    public init?(classes: Int, values: [Double]) {
        let classes = classes == 1 ? 2 : classes
        guard values.count == 5 + classes * classes else { return nil }
        self.classes = classes
        rows = values[0]
        loss = values[1]
        moments = Array(values[2..<5])
        confusion = Array(values[5...])
    }

    /// All sums in a fixed order, to be added elementwise.
    public var values: [Double] { [rows, loss] + moments + confusion }

    /// Adds the rows of `batch` as `scorer` scores them.
    public mutating func add(_ batch: Batch, by scorer: any Scorer) {
        guard batch.rows > 0 else { return }
        let outputs = scorer.outputs
        withUnsafeTemporaryAllocation(of: Float.self, capacity: batch.rows * outputs) { room in
            guard let scores = room.baseAddress else { return }
            scorer.writeScores(of: batch, to: scores)
            for row in 0..<batch.rows {
                add(scores + row * outputs, row: row, of: batch, by: scorer)
            }
        }
    }

    private mutating func add(
        _ scores: UnsafeMutablePointer<Float>,
        row: Int,
        of batch: Batch,
        by scorer: any Scorer
    ) {
        rows += 1
        switch batch.labels {
        case .none: return
        case .real(let labels):
            let label = Double(labels[row])
            let error = Double(scores[0]) - label
            moments[0] += error * error
            moments[1] += label
            moments[2] += label * label
            loss += scorer.loss(scores, label: labels[row])
        case .classes(let labels):
            let called = scorer.bestClass(scores)
            confusion[Int(labels[row]) * classes + called] += 1
            loss += scorer.loss(scores, label: Float(labels[row]))
        }
    }

    /// What the sums say of rows that `on` names, scored by a model of this shape.
    public func metrics(on: String, by shape: ModelShape) -> Metrics {
        var metrics = Metrics(on: on, rows: Int(rows))
        guard rows > 0 else { return metrics }
        guard classes > 0 else {
            metrics.rmse = (moments[0] / rows).squareRoot()
            let spread = moments[2] - moments[1] * moments[1] / rows
            if spread > 0 { metrics.r2 = 1 - moments[0] / spread }
            return metrics
        }
        if shape.isLikelihood { metrics.logLoss = loss / rows }
        fillClassMetrics(&metrics)
        return metrics
    }

    private func fillClassMetrics(_ metrics: inout Metrics) {
        var right = 0.0
        var recalls: [Double] = []
        var precisions: [Double] = []
        var scores: [Double] = []
        for k in 0..<classes {
            let hits = confusion[k * classes + k]
            let actual = (0..<classes).reduce(0) { $0 + confusion[k * classes + $1] }
            let called = (0..<classes).reduce(0) { $0 + confusion[$1 * classes + k] }
            right += hits
            // A class that does not occur has no recall; one never called has precision 0.
            let recall = actual > 0 ? hits / actual : 0
            let precision = called > 0 ? hits / called : 0
            let sum = recall + precision
            if actual > 0 { recalls.append(recall) }
            precisions.append(precision)
            scores.append(sum > 0 ? 2 * recall * precision / sum : 0)
        }
        func mean(_ values: [Double]) -> Double {
            values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        }
        metrics.accuracy = right / rows
        metrics.balancedAccuracy = mean(recalls)
        let isBinary = classes == 2
        let positives = confusion.suffix(2).reduce(0, +)
        metrics.precision = isBinary ? precisions[1] : mean(precisions)
        metrics.recall =
            isBinary ? (positives > 0 ? confusion[3] / positives : 0) : mean(recalls)
        metrics.f1 = isBinary ? scores[1] : mean(scores)
    }
}
