import Domain
import Learning
import LinearAlgebra

extension Trainer {
    /// Measures the finished model on all rows and closes the run.
    func finish(
        _ outcome: Outcome,
        rule: String,
        scaled parameters: borrowing Vector,
        gap: Double? = nil,
        cause: Cause? = nil
    ) throws(TrainingError) -> TrainingOutput {
        var result = RunResult(outcome: outcome, rule: rule, cause: cause)
        result.epochs = Double(state.epoch) + fractionOfEpoch
        result.steps = state.step
        result.certifiedGap = gap
        result.rateTrial = stride(from: 0, to: state.rateTrial.count, by: 2).map {
            RatePoint(rate: state.rateTrial[$0], loss: state.rateTrial[$0 + 1])
        }
        guard outcome != .diverged else { return closed(result) }
        try compareParameters(parameters)
        let (shape, words) = finished(parameters)
        return try measured(
            result,
            shape: shape,
            words: words,
            penalty: penalty(at: parameters) * lossUnit
        )
    }

    /// Measures a finished model on all rows of all ranks and closes the run.
    ///
    /// `penalty` is what the objective counts besides the mean loss.
    func measured(
        _ result: consuming RunResult,
        shape: ModelShape,
        words: [Float],
        penalty: Double
    ) throws(TrainingError) -> TrainingOutput {
        let seconds = elapsed
        result.searchSeconds = seconds
        result.rowsPerSecond = seconds > 0 ? state.rowsRead / seconds : 0
        var shape = shape
        let held = isValidated ? validationRows(makeScorer(shape, words: words)) : nil
        if let held, let cut = try chosenCut(held, shape) { shape.threshold = cut.threshold }
        let scorer = makeScorer(shape, words: words)
        let trained = ScoredRows(rows, by: scorer) { !self.isHeldOut($0) }
        guard let sums = try measureUnlessStopped(trained) else {
            return unmeasured(result, shape, words)
        }
        result.loss =
            try isResampled
            ? drawnLoss(scorer) : sums.meanLoss(weights: weights.normalized)
        result.objective = result.loss.map { $0 + penalty }
        if let held {
            // It knows the threshold that was chosen by the same scores.
            held.scorer.inner = scorer
            guard let sums = try measureUnlessStopped(held) else {
                return unmeasured(result, shape, words)
            }
            var metrics = sums.metrics(on: "validation", by: shape)
            metrics.add(try walks(held, sums.rowsByClass, by: shape))
            result.metrics.append(metrics)
        }
        var metrics = sums.metrics(on: "training", by: shape)
        metrics.add(try walks(trained, sums.rowsByClass, by: shape))
        result.metrics.append(metrics)
        return closed(result, shape, Vector(words))
    }

    private func unmeasured(
        _ result: consuming RunResult,
        _ shape: ModelShape,
        _ words: [Float]
    ) -> TrainingOutput {
        result.rule += "; it was stopped while the model was measured"
        return closed(result, shape, Vector(words))
    }

    /// A result with what was measured of the run itself.
    func closed(
        _ result: consuming RunResult,
        _ shape: ModelShape? = nil,
        _ words: consuming Vector = Vector(zeros: 0)
    ) -> TrainingOutput {
        result.wallSeconds = elapsed
        let waiting = reducer.waiting
        result.traffic = TrafficFigures(
            waits: waiting.count,
            waitSeconds: waiting.seconds,
            hiddenShare: hiddenShare
        )
        return TrainingOutput(result: result, shape: shape, words: words)
    }

    private var fractionOfEpoch: Double {
        totalRows > 0 ? Double(state.epochRows) / Double(totalRows) : 0
    }

    /// The finished model: for a linear one parameters of raw features; a network takes its scaling
    /// along.
    func finished(_ parameters: borrowing Vector) -> (ModelShape, [Float]) {
        var shape = task.shape
        if let features { return kernelModel(parameters, by: features.map) }
        guard let network else { return linearModel(parameters) }
        var words = parameters.array
        if let last = network.shape.stages.last, scaling.labels != .none {
            let unit = Float(1 / scaling.labels.factor)
            for index in last.weights.lowerBound..<last.biases.upperBound { words[index] *= unit }
            words[last.biases.lowerBound] += Float(scaling.labels.center)
        }
        shape.isScaled = scaling.columns != .none(columns: task.columns)
        if shape.isScaled { words = state.centers + state.factors + words }
        return (shape, words)
    }

    /// Sums over the rows of all ranks.
    func measure(_ scored: ScoredRows) throws(TrainingError) -> EvaluationSums {
        var sums = EvaluationSums(classes: task.classes)
        try wrap { () throws(RowSourceError) in
            try forEachBatch(of: scored) { sums.add($0, by: scored.scorer) }
        }
        return try total(sums)
    }

    /// Sums over the rows of all ranks; nil where a rank was asked to stop meanwhile.
    ///
    /// A kernel machine takes as long for its scores as for its search, so ranks ask each other
    /// about every quarter of a second.
    private func measureUnlessStopped(
        _ scored: ScoredRows
    ) throws(TrainingError) -> EvaluationSums? {
        guard task.usesKernel else { return try measure(scored) }
        var sums = EvaluationSums(classes: task.classes)
        scored.scorer.beginPass()
        var row = 0
        while true {
            let end = observer.seconds + 0.25
            row = try wrap { () throws(RowSourceError) in
                try forEachBatch(of: scored, from: row, while: { observer.seconds < end }) {
                    sums.add($0, by: scored.scorer)
                }
            }
            var flags = [row < scored.source.rows ? 1.0 : 0, observer.isAskedToStop ? 1 : 0]
            do { try reducer.max(&flags) } catch { throw .learning(.reducer(error)) }
            if flags[0] == 0 { return try total(sums) }
            if flags[1] > 0 { return nil }
        }
    }

    private func total(_ sums: EvaluationSums) throws(TrainingError) -> EvaluationSums {
        let values = try summed(sums.values)
        return EvaluationSums(classes: task.classes, values: values) ?? sums
    }
}
