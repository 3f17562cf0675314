import Domain
import Learning
import LinearAlgebra

extension Trainer {
    /// Settles what the rows of each class weigh, or which of them are drawn.
    ///
    /// All ranks learn how many rows of each class every rank has, and decide alike.
    func balanceRows() throws(TrainingError) {
        let weighing = task.spec.weighing
        let balance = weighing.balance ?? .none
        guard task.classes > 0, balance != .none || !task.classWeights.isEmpty else { return }
        let labels = try wrap { () throws(RowSourceError) in try rows.classes(tick: observer.tick) }
        let world = reducer.worldSize
        var counts = [Double](repeating: 0, count: world * task.classes)
        for row in training { counts[reducer.rank * task.classes + Int(labels[Int(row)])] += 1 }
        counts = try summed(counts)
        let byRank = (0..<world).map { rank in
            (0..<task.classes).map { Int(counted: counts[rank * task.classes + $0]) }
        }
        var totals = (0..<task.classes).map { number in byRank.reduce(0) { $0 + $1[number] } }
        if balance == .oversample || balance == .undersample {
            let resampling = Resampling(isOver: balance == .oversample, counts: byRank)
            training = resampling.rows(
                of: reducer.rank,
                from: training,
                seed: task.spec.seed
            ) { Int(labels[Int($0)]) }
            rowsOfRanks = resampling.rowsOfRanks
            isResampled = true
            totals = (0..<task.classes).map { number in
                resampling.targets.reduce(0) { $0 + $1[number] }
            }
        }
        let given =
            balance == .weights ? RowWeights.balanced(counts: totals) : task.classWeights
        guard !given.isEmpty else { return }
        weights = RowWeights(given, counts: totals)
        if task.kind.isLinear { model.classWeights = weights.normalized }
    }

    /// What each row of this rank counts in a sum of losses; empty where all count 1.
    ///
    /// How often it is drawn, times what its class weighs. A mean takes weights of mean one; the
    /// sum of a machine's C·ℓ takes them as they were said, as LIBSVM and scikit-learn do.
    func rowWeights() throws(TrainingError) -> [Float] {
        let ofClasses =
            task.spec.algorithm == .svm
            ? weights.classWeights.map { Float($0) } : weights.normalized
        guard isResampled || training.count < rows.rows || !ofClasses.isEmpty else { return [] }
        var counts = [Float](repeating: 0, count: rows.rows)
        for row in training { counts[Int(row)] += 1 }
        guard !ofClasses.isEmpty else { return counts }
        let labels = try wrap { () throws(RowSourceError) in try rows.classes(tick: observer.tick) }
        for (row, label) in labels.enumerated() { counts[row] *= ofClasses[Int(label)] }
        return counts
    }

    /// Mean loss over the rows as they are drawn.
    func drawnLoss(_ scorer: any Scorer) throws(TrainingError) -> Double? {
        let drawn = ScaledRows(
            rows,
            scaling: Scaling(columns: .none(columns: task.columns))
        )
        var sums = EvaluationSums(classes: task.classes)
        var low = 0
        while low < training.count {
            let high = Swift.min(training.count, low + 512)
            try wrap { () throws(RowSourceError) in
                try drawn.withRows(training[low..<high]) { sums.add($0, by: scorer) }
            }
            observer.tick()
            low = high
        }
        let values = try summed(sums.values)
        let all = EvaluationSums(classes: task.classes, values: values) ?? sums
        return all.meanLoss(weights: weights.normalized)
    }
}
