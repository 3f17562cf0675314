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
        guard outcome != .diverged else { return close(result) }
        try compareParameters(parameters)
        let (shape, words) = finished(parameters)
        let scorer = makeScorer(shape, words: words)
        let sums = try measure(scorer, on: rows, keeping: { !isHeldOut($0) })
        result.loss = sums.rows > 0 ? sums.loss / sums.rows : nil
        result.objective = result.loss.map { $0 + penalty(at: parameters) * lossUnit }
        if let validation {
            let held = try measure(scorer, on: validation, keeping: { _ in true })
            result.metrics.append(held.metrics(on: "validation", by: shape))
        } else if task.spec.validationSplit != nil || task.spec.fold != nil {
            let held = try measure(scorer, on: rows, keeping: isHeldOut)
            result.metrics.append(held.metrics(on: "validation", by: shape))
        }
        result.metrics.append(sums.metrics(on: "training", by: shape))
        return close(result, shape, Vector(words))
    }

    private func close(
        _ result: consuming RunResult,
        _ shape: ModelShape? = nil,
        _ words: consuming Vector = Vector(zeros: 0)
    ) -> TrainingOutput {
        result.wallSeconds = elapsed
        result.rowsPerSecond = elapsed > 0 ? state.rowsRead / elapsed : 0
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
    private func finished(_ parameters: borrowing Vector) -> (ModelShape, [Float]) {
        var shape = task.shape
        guard let network else { return (shape, scaling.raw(parameters, of: model).array) }
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

    /// Sums over the chosen rows of all ranks.
    func measure(
        _ scorer: any Scorer,
        on source: any RowSource,
        keeping isKept: (Int) -> Bool
    ) throws(TrainingError) -> EvaluationSums {
        var sums = EvaluationSums(classes: task.classes)
        var low = 0
        let lookRows = source.lookRows(1024)
        while low < source.rows {
            let high = Swift.min(source.rows, low + lookRows)
            let base = low
            do {
                try source.withRows(low..<high) { batch in
                    add(batch, from: base, keeping: isKept, by: scorer, to: &sums)
                }
            } catch { throw .learning(.rows(error)) }
            observer.tick()
            low = high
        }
        let values = try summed(sums.values)
        return EvaluationSums(classes: task.classes, values: values) ?? sums
    }

    private func add(
        _ batch: Batch,
        from base: Int,
        keeping isKept: (Int) -> Bool,
        by scorer: any Scorer,
        to sums: inout EvaluationSums
    ) {
        var start = 0
        while start < batch.rows {
            guard isKept(base + start) else {
                start += 1
                continue
            }
            var end = start + 1
            while end < batch.rows, isKept(base + end) { end += 1 }
            sums.add(batch.slice(start..<end), by: scorer)
            start = end
        }
    }
}
