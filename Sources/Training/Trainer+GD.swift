import Domain
import Learning
import LinearAlgebra

extension Trainer {
    func runGD(isResumed: Bool) throws(TrainingError) -> TrainingOutput {
        var search = restoredSearch()
        if !isResumed {
            state.choices = choices.summary(of: .gd, classes: task.classes)
            observer.chose(state.choices)
        }
        let scaled = ScaledRows(rows, scaling: scaling)
        while true {
            let trial = search.trial
            let (value, gradient, flags) = try pass(at: trial, on: scaled)
            guard value.isFinite || search.value != nil else {
                let reason = "non_finite: the loss is not finite at the start"
                let cause = Cause(node: nil, step: state.step, reason: reason)
                return try finish(
                    .diverged,
                    rule: reason,
                    scaled: Vector(zeros: trial.count),
                    cause: cause
                )
            }
            state.epoch += 1
            state.rowsRead += Double(totalRows)
            let isFirst = search.value == nil
            let verdict = search.take(value: value, gradient: gradient)
            state.step = search.steps
            if isFirst { try chooseFirstStep(&search, gradient, scaled) }
            if verdict != .refused {
                let loss = (search.value ?? value) * lossUnit
                report(loss: loss, epoch: Double(state.epoch), rate: search.step)
            }
            keep(search)
            if let output = try endIfDone(search, verdict, flags) { return output }
            // Never where the run ends: who went on from there would take a step too many.
            if flags[2] > 0, verdict != .refused { save() }
        }
    }

    private func restoredSearch() -> GradientDescent {
        guard state.point.count == model.parameterCount, state.valueAndStep.count == 2 else {
            let start = [Double](repeating: 0, count: model.parameterCount)
            return GradientDescent(parameters: start, step: 1)
        }
        return GradientDescent(
            parameters: state.point,
            value: state.valueAndStep[0],
            gradient: state.gradient,
            step: state.valueAndStep[1],
            history: state.history,
            steps: state.step
        )
    }

    /// The first trial is as long as the curvature surely allows.
    private func chooseFirstStep(
        _ search: inout GradientDescent,
        _ gradient: [Double],
        _ scaled: ScaledRows
    ) throws(TrainingError) {
        let curvature = try curvature(on: scaled, rows: training.prefix(2048))
        state.startNorm = rawNorm(search)
        search = GradientDescent(
            parameters: search.parameters,
            value: search.value,
            gradient: gradient,
            step: curvature.full > 0 ? 1 / curvature.full : 1,
            history: search.history,
            steps: 0
        )
    }

    /// P, ∇P in scaled coordinates, and what the ranks wish: stop, time, checkpoint.
    ///
    /// Rows go through in blocks of Float; the blocks are added in Double.
    private func pass(
        at point: [Double],
        on scaled: ScaledRows
    ) throws(TrainingError) -> (value: Double, gradient: [Double], flags: [Double]) {
        let count = model.parameterCount
        let centering = scaled.centering
        var parameters = Vector(point.map { Float($0) })
        var sums = [Double](repeating: 0, count: count + 1)
        var block = Vector(zeros: count)
        var low = 0
        while low < training.count {
            let high = Swift.min(training.count, low + 512)
            block.clear()
            do {
                let numbers = training[low..<high]
                sums[count] += try centering.withMoved(&parameters, of: model) {
                    parameters throws(RowSourceError) in
                    try scaled.withRows(numbers) { batch in
                        model.addGradient(at: parameters, over: batch, into: &block)
                    }
                }
            } catch { throw .learning(.rows(error)) }
            for index in 0..<count { sums[index] += Double(block[index]) }
            observer.tick()
            low = high
        }
        let wishes = [
            observer.isAskedToStop ? 1.0 : 0, isOutOfTime ? 1 : 0,
            wantsCheckpoint(atEndOfEpoch: false) ? 1 : 0,
        ]
        sums = try summed(sums + wishes)
        let rows = Double(totalRows)
        centering.correct(&sums, of: model)
        var value = sums[count] / rows
        let penalties = penalties
        var gradient = [Double](repeating: 0, count: count)
        for index in 0..<count {
            let pull = Double(penalties[index]) * point[index]
            gradient[index] = sums[index] / rows + pull
            value += pull * point[index] / 2
        }
        return (value, gradient, Array(sums[(count + 1)...]))
    }

    private func keep(_ search: GradientDescent) {
        state.point = search.parameters
        state.gradient = search.gradient
        state.history = search.history
        state.valueAndStep = [search.value ?? 0, search.step]
    }

    /// ‖∇P‖ by the parameters of raw features, or of those in the scale that was asked for: what
    /// the stop rule is about, in the unit of the search's loss.
    private func rawNorm(_ search: GradientDescent) -> Double {
        var square = 0.0
        for output in 0..<model.outputs {
            let biasGradient =
                model.bias == .none ? 0 : search.gradient[model.weightCount + output]
            square += biasGradient * biasGradient
            for column in 0..<model.columns {
                let scaled = search.gradient[output * model.columns + column]
                // With w = v·f and b = c − Σ w·m, ∂P/∂w = (∂P/∂v)/f + m·∂P/∂c; upon a given
                // scale with g and k, (∂P/∂v)·g/f + g·(m − k)·∂P/∂c.
                let center = Double(state.centers[column]) - givenCenter(column)
                let raw =
                    scaled / factorUponGiven(column)
                    + givenFactor(column) * center * biasGradient
                square += raw * raw
            }
        }
        return square.squareRoot()
    }

    /// The finished run, where the stop rule, a limit or a wish says so.
    private func endIfDone(
        _ search: GradientDescent,
        _ verdict: GradientDescent.Verdict,
        _ flags: [Double]
    ) throws(TrainingError) -> TrainingOutput? {
        let point = Vector(search.parameters.map { Float($0) })
        let norm = rawNorm(search)
        let value = search.value ?? 0
        let tolerance = choices.tolerance
        // P − P* ≤ ‖∇P‖²/(2λ) where every parameter is penalised: P is λ-strongly convex.
        let isBounded = choices.l2 > 0 && task.spec.bias != .free
        let gap = isBounded && value > 0 ? norm * norm / (2 * choices.l2) / value : nil
        if verdict != .refused, let gap, gap <= tolerance {
            return try finish(
                .converged,
                rule: "certified: (P − P*)/P ≤ \(tolerance)",
                scaled: point,
                gap: gap
            )
        }
        if verdict != .refused, !isBounded, norm <= tolerance * state.startNorm {
            let rule = "‖∇P‖ ≤ \(tolerance) · ‖∇P at the start‖; no bound on P − P* exists"
            return try finish(.converged, rule: rule, scaled: point)
        }
        if verdict == .exhausted {
            let rule = "no step lowers P further in 32-bit parameters"
            // Without a bound it is the best answer there is; with one it is not what was wanted.
            let outcome: Outcome = gap.map { $0 > tolerance } ?? false ? .limitReached : .converged
            return try finish(outcome, rule: rule, scaled: point, gap: gap)
        }
        if state.epoch >= choices.epochsMax {
            let rule = "\(state.epoch) passes over the rows"
            return try finish(.limitReached, rule: rule, scaled: point, gap: gap)
        }
        if let limit = task.spec.steps, state.step >= limit {
            return try finish(.limitReached, rule: "\(limit) steps", scaled: point, gap: gap)
        }
        // A refused trial is not a state to go on from bit for bit; the next one is.
        if flags[0] > 0, verdict != .refused {
            save()
            return try finish(.stopped, rule: "stopped on request", scaled: point, gap: gap)
        }
        if flags[1] > 0 {
            return try finish(.limitReached, rule: "the time was up", scaled: point, gap: gap)
        }
        return nil
    }
}
