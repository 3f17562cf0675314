import Domain
import Learning
import LinearAlgebra

/// Validation rows: measured after an epoch to end early, and at the end.
extension Trainer {
    /// Whether there are rows that are not trained on but measured.
    var isValidated: Bool {
        validation != nil || task.spec.validationSplit != nil || task.spec.fold != nil
    }

    /// The figure that counts on validation rows.
    var metricName: MetricName { task.spec.metric ?? .loss }

    /// Whether the parameters that did best on validation rows are those of the model.
    var keepsBest: Bool { isValidated && (task.spec.patience != nil || task.spec.metric != nil) }

    /// The chosen figure of `scorer` on the validation rows of all ranks.
    func validationFigure(of scorer: any Scorer) throws(TrainingError) -> Double? {
        let sums = try validationSums(scorer)
        if metricName == .loss { return sums.meanLoss(weights: weights.normalized) }
        var metrics = sums.metrics(on: "validation", by: task.shape)
        if metricName == .rocAUC || metricName == .prAUC {
            metrics.add(try validationWalks(scorer, sums.rowsByClass, by: task.shape))
        }
        return metrics.value(of: metricName)
    }

    /// Measures the model at these parameters of the search after an epoch, and keeps them where
    /// they are the best so far.
    ///
    /// Call it where `isValidated`; the same on all ranks.
    func validate(_ parameters: borrowing Vector) throws(TrainingError) -> EarlyStopping.Advice {
        let (shape, words) = finished(parameters)
        let scorer = makeScorer(shape, words: words)
        guard let value = try validationFigure(of: scorer) else { return .goOn }
        state.validationFigure = value
        guard keepsBest else { return .goOn }
        var watch = EarlyStopping(
            patience: task.spec.patience,
            isLargerBetter: metricName.isBetterHigher
        )
        if !state.best.isEmpty {
            watch.best = state.bestFigure
            watch.bestEpoch = state.bestEpoch
            watch.waited = state.bestWaited
        }
        let advice = watch.handle(value, epoch: state.epoch)
        if advice == .keep { state.best = parameters.array }
        state.bestFigure = watch.best ?? .nan
        state.bestEpoch = watch.bestEpoch
        state.bestWaited = watch.waited
        return advice
    }

    /// What ended a run whose patience was spent.
    var patienceRule: String {
        "no better \(metricName.rawValue) on validation rows for \(task.spec.patience ?? 0) epochs"
    }

    /// Which epoch's parameters the model has, where that is not the last.
    var bestNote: String? {
        guard keepsBest, !state.best.isEmpty else { return nil }
        let value = shortText(state.bestFigure)
        return "best \(metricName.rawValue) \(value) after epoch \(state.bestEpoch), kept"
    }

    /// Sums over the validation rows of all ranks.
    func validationSums(_ scorer: any Scorer) throws(TrainingError) -> EvaluationSums {
        if let validation { return try measure(scorer, on: validation, keeping: { _ in true }) }
        return try measure(scorer, on: rows, keeping: isHeldOut)
    }

    /// Walks over the validation rows of all ranks.
    func validationWalks(
        _ scorer: any Scorer,
        _ counts: [Int],
        by shape: ModelShape,
        choosing rule: CutRule? = nil
    ) throws(TrainingError) -> [RankingWalk] {
        if let validation {
            return try walks(scorer, counts, by: shape, on: validation, choosing: rule) { _ in
                true
            }
        }
        return try walks(scorer, counts, by: shape, on: rows, choosing: rule, keeping: isHeldOut)
    }

    /// Ranks the chosen rows of all ranks by their scores; `counts` are theirs, by class.
    func walks(
        _ scorer: any Scorer,
        _ counts: [Int],
        by shape: ModelShape,
        on source: any RowSource,
        choosing rule: CutRule? = nil,
        keeping isKept: (Int) -> Bool
    ) throws(TrainingError) -> [RankingWalk] {
        // A sorted score is some row's own.
        guard !task.hidesRows else { return [] }
        let ranked = RankedClasses(of: shape)
        guard !ranked.classes.isEmpty, counts.count >= ranked.classes.upperBound else { return [] }
        do {
            return try RankingPlan(counts: counts).walks(
                ranked.classes,
                choosing: rule,
                with: reducer
            ) { pass throws(RowSourceError) in
                try forEachKept(in: source, keeping: isKept) { batch in
                    ranked.add(batch, by: scorer, to: &pass)
                }
            }
        } catch { throw .learning(error) }
    }

    /// Hands the chosen rows to `body` in batches, in their order.
    func forEachKept(
        in source: any RowSource,
        keeping isKept: (Int) -> Bool,
        _ body: (Batch) -> Void
    ) throws(RowSourceError) {
        var low = 0
        let lookRows = source.lookRows(1024)
        while low < source.rows {
            let high = Swift.min(source.rows, low + lookRows)
            let base = low
            try source.withRows(low..<high) { batch in
                var start = 0
                while start < batch.rows {
                    var end = start
                    while end < batch.rows, isKept(base + end) { end += 1 }
                    if end > start { body(batch.slice(start..<end)) }
                    start = end + 1
                }
            }
            observer.tick()
            low = high
        }
    }
}
