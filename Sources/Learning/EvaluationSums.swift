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
    /// Σ loss over the rows of each class; nothing for real labels.
    public private(set) var lossByClass: [Double]
    /// Rows whose class was among the five of the largest scores.
    public private(set) var nearby = 0.0
    /// Σ (z − y)², Σ y, Σ y²; zeros for classes.
    public private(set) var moments = [0.0, 0.0, 0.0]

    /// Sums over no rows; one class alone counts as two, of which one does not occur.
    public init(classes: Int) {
        let classes = classes == 1 ? 2 : classes
        self.classes = classes
        confusion = [Double](repeating: 0, count: classes * classes)
        lossByClass = [Double](repeating: 0, count: classes)
    }

    /// Sums that were taken apart by `values`; nil where the count does not fit.
    public init?(classes: Int, values: [Double]) {
        let classes = classes == 1 ? 2 : classes
        guard values.count == 6 + classes + classes * classes else { return nil }
        self.classes = classes
        rows = values[0]
        loss = values[1]
        nearby = values[2]
        moments = Array(values[3..<6])
        lossByClass = Array(values[6..<6 + classes])
        confusion = Array(values[(6 + classes)...])
    }

    /// How many of the largest scores count as near.
    static let nearbyMax = 5

    /// All sums in a fixed order, to be added elementwise.
    public var values: [Double] { [rows, loss, nearby] + moments + lossByClass + confusion }

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
            let label = Int(labels[row])
            confusion[label * classes + scorer.bestClass(scores)] += 1
            if classes > EvaluationSums.nearbyMax, scorer.outputs == classes {
                let better = (0..<classes).count { k in
                    scores[k] > scores[label] || scores[k] == scores[label] && k < label
                }
                if better < EvaluationSums.nearbyMax { nearby += 1 }
            }
            let own = scorer.loss(scores, label: Float(label))
            loss += own
            lossByClass[label] += own
        }
    }
}
