import LinearAlgebra

extension LBFGSSolver {
    /// Whether the stop rule is met; a bound that costs a meeting is sought where it may show it,
    /// or where nothing else is left to do.
    func isDone(isLast: Bool = false) throws(LearningError) -> Bool {
        guard let start = look, let seen = report else { return false }
        let shape = problem.shape
        guard l1 > 0 || shape.isBounded else { return rule.isMet(by: seen) }
        if shape.isBounded, l1 == 0 {
            let likely = problem.bound(start.gradient) ?? 0
            guard isLast || likely <= rule.tolerance * start.value else { return false }
            if shape.hasFreeBias { try settleBias() }
            guard let settled = look, let bound = problem.bound(settled.gradient) else {
                return false
            }
            gap = settled.value > 0 ? bound / settled.value : bound
        } else {
            let total = value(start, at: point)
            guard isLast || optimism(start) <= rule.tolerance * total else { return false }
            if shape.hasFreeBias { try settleBias() }
            guard let settled = look else { return false }
            let lower = try dualValue(settled)
            let upper = value(settled, at: point)
            (dual, gap) = (lower, upper > 0 ? (upper - lower) / upper : upper - lower)
        }
        return report.map(rule.isMet) ?? false
    }

    /// Minimises over a free bias for the weights as they are, and looks again.
    private func settleBias() throws(LearningError) {
        var raw = parameters
        try problem.minimizeBias(&raw)
        point = coordinates.scaled(raw, problem.shape)
        try lookHere()
    }

    /// P₁ − D but for what a dual point out of bounds costs: cheap, and no more than the gap.
    private func optimism(_ look: SmoothProblem.Evaluation) -> Double {
        var sum = 0.0
        let raw = parameters
        for index in raw.indices {
            let pull = heldWeight(index)
            guard pull > 0 else { continue }
            let penalty = problem.shape.penalty(of: index)
            sum += pull * abs(raw[index]) + penalty * raw[index] * raw[index] / 2
            sum += look.lossGradient[index] * raw[index]
        }
        return sum
    }

    private func heldWeight(_ index: Int) -> Double {
        index < problem.shape.weightCount || problem.shape.biasPenalty > 0 || isBiasHeld ? l1 : 0
    }

    /// D(s·r) = −f·Σ ℓ*(s·r) − Σ Ω*(−s·v), v being the gradient of the loss: the best of two.
    ///
    /// With Ω(θ) = l₁|θ| + λθ²/2, Ω*(u) = (|u| − l₁)₊²/2λ; for λ = 0 it is 0 within l₁ and infinite
    /// beyond, so s shrinks r until every |s·vⱼ| ≤ l₁. Fenchel's equality gives D(r) without a look
    /// at the rows; D(s·r) takes a small meeting.
    private func dualValue(_ look: SmoothProblem.Evaluation) throws(LearningError) -> Double {
        let raw = parameters
        var (largest, excess, inner) = (0.0, 0.0, 0.0)
        for index in raw.indices {
            let pull = heldWeight(index)
            let slope = abs(look.lossGradient[index])
            guard pull > 0 else { continue }
            largest = Swift.max(largest, slope / pull)
            inner += look.lossGradient[index] * raw[index]
            let over = Swift.max(0, slope - pull)
            if over > 0 { excess += over * over / (2 * problem.shape.penalty(of: index)) }
        }
        // Infinite where λ = 0 and some slope is too steep.
        let direct = look.loss - inner - excess
        guard largest > 1 else { return direct }
        let scale = 1 / largest
        return Swift.max(direct, try -problem.conjugateSum(scale: scale))
    }
}

extension SmoothProblem {
    /// f·Σ ℓ*(s·r) over all rows, r being the residuals of the last look; one small meeting.
    func conjugateSum(scale: Double) throws(LearningError) -> Double {
        var sum = 0.0
        residuals.withUnsafeBufferPointer { residuals in
            guard let base = residuals.baseAddress else { return }
            for row in 0..<rows.count {
                sum += loss.conjugate(
                    base + row * shape.outputs,
                    outputs: shape.outputs,
                    label: Double(labels[row]),
                    weight: rows.weight(row),
                    scale: scale
                )
            }
        }
        var total = [sum]
        try shared.sum(&total)
        return shape.factor * total[0]
    }
}
