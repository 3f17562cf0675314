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
        guard outcome != .diverged else { return close(result, Vector(zeros: 0)) }
        try compareParameters(parameters)
        let raw = scaling.raw(parameters, of: model)
        let sums = try measure(raw, on: rows, keeping: { !isHeldOut($0) })
        result.loss = sums.rows > 0 ? sums.loss / sums.rows : nil
        result.objective = result.loss.map { $0 + penalty(at: parameters) * lossUnit }
        if let validation {
            let held = try measure(raw, on: validation, keeping: { _ in true })
            result.metrics.append(held.metrics(on: "validation"))
        } else if task.spec.validationSplit != nil {
            let held = try measure(raw, on: rows, keeping: isHeldOut)
            result.metrics.append(held.metrics(on: "validation"))
        }
        result.metrics.append(sums.metrics(on: "training"))
        return close(result, raw)
    }

    private func close(
        _ result: consuming RunResult,
        _ parameters: consuming Vector
    ) -> TrainingOutput {
        result.wallSeconds = elapsed
        result.rowsPerSecond = elapsed > 0 ? state.rowsRead / elapsed : 0
        return TrainingOutput(result: result, parameters: parameters)
    }

    private var fractionOfEpoch: Double {
        totalRows > 0 ? Double(state.epochRows) / Double(totalRows) : 0
    }

    /// Sums over the chosen rows of all ranks.
    func measure(
        _ raw: borrowing Vector,
        on source: any RowSource,
        keeping isKept: (Int) -> Bool
    ) throws(TrainingError) -> EvaluationSums {
        var sums = EvaluationSums(classes: task.classes)
        var low = 0
        while low < source.rows {
            let high = Swift.min(source.rows, low + 1024)
            let base = low
            do {
                try source.withRows(low..<high) { batch in
                    add(batch, from: base, keeping: isKept, at: raw, to: &sums)
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
        at raw: borrowing Vector,
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
            sums.add(batch.slice(start..<end), by: model, at: raw)
            start = end
        }
    }
}
