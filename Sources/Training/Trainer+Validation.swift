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
        let held = validationRows(scorer)
        let sums = try measure(held)
        if metricName == .loss { return sums.meanLoss(weights: weights.normalized) }
        var metrics = sums.metrics(on: "validation", by: task.shape)
        if metricName == .rocAUC || metricName == .prAUC {
            metrics.add(try walks(held, sums.rowsByClass, by: task.shape))
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

    /// The validation rows of this rank, as `scorer` scores them.
    func validationRows(_ scorer: any Scorer) -> ScoredRows {
        if let validation { return ScoredRows(validation, by: scorer) { _ in true } }
        return ScoredRows(rows, by: scorer) { self.isHeldOut($0) }
    }

    /// Ranks the rows of all ranks by their scores; `counts` are theirs, by class.
    func walks(
        _ scored: ScoredRows,
        _ counts: [Int],
        by shape: ModelShape,
        choosing rule: CutRule? = nil
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
                try forEachBatch(of: scored) { batch in
                    ranked.add(batch, by: scored.scorer, to: &pass)
                }
            }
        } catch { throw .learning(error) }
    }

    /// Hands the rows to `body` in batches, in their order: the same ones every time.
    func forEachBatch(
        of scored: ScoredRows,
        _ body: (Batch) -> Void
    ) throws(RowSourceError) {
        scored.scorer.beginPass()
        _ = try forEachBatch(of: scored, from: 0, while: { true }, body)
    }

    /// Hands the rows from `first` on to `body`, at least a block and as long as `goesOn`.
    /// - Returns: the first row that was not looked at.
    func forEachBatch(
        of scored: ScoredRows,
        from first: Int,
        while goesOn: () -> Bool,
        _ body: (Batch) -> Void
    ) throws(RowSourceError) -> Int {
        let source = scored.source
        var low = first
        let lookRows = source.lookRows(1024)
        while low < source.rows, low == first || goesOn() {
            let high = Swift.min(source.rows, low + lookRows)
            let base = low
            try source.withRows(low..<high) { batch in
                var start = 0
                while start < batch.rows {
                    var end = start
                    while end < batch.rows, scored.isKept(base + end) { end += 1 }
                    if end > start { body(batch.slice(start..<end)) }
                    start = end + 1
                }
            }
            observer.tick()
            low = high
        }
        return low
    }
}
