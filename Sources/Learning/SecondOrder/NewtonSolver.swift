import LinearAlgebra

/// Newton's method for a smooth P over the rows of all ranks.
///
///     θ ← θ + p,    (∇²P)·p ≈ −∇P
///
/// While the columns are few and the curvature ties no outputs together, Σ q·x·xᵀ of every output
/// is summed packed and factored on every rank alike: one meeting an iteration, and a full step
/// nearly always. If P does not fall, ten shorter steps are tried in one further meeting.
///
/// Otherwise p comes from conjugate gradients within a trust region, one p-vector a product.
/// Sources: Nocedal & Wright, "Numerical optimization", 2nd ed., ch. 3 and 7; the trust region's
/// constants: Lin, Weng & Keerthi, JMLR 9, 2008.
public final class NewtonSolver {
    /// What is minimised.
    public let problem: SmoothProblem
    /// θ.
    public internal(set) var parameters: [Double]
    /// When it is done.
    public internal(set) var rule: StopRule
    /// Iterations so far.
    public internal(set) var iterations = 0
    /// Products with the Hessian so far.
    public internal(set) var products = 0

    var look: SmoothProblem.Evaluation?
    var matrices: [PackedMatrix] = []
    /// Sums of the curvature, one an output; empty where it is not summed.
    var grams: [GramSum] = []
    /// Whether rows are multiplied in Float for the curvature; a step needs few digits.
    var isSingle = true
    /// −∇P·p of the last step, to see whether Float is good enough.
    var lastDecrement = Double.infinity
    /// Whether the curvature is summed and factored whole.
    public let isDirect: Bool
    /// Radius of the trust region in the norm of the preconditioner; 0 before the first step.
    var radius = 0.0
    var preconditioner: Preconditioner?
    /// θ at which the preconditioner was made.
    var preconditionedAt: [Double] = []
    /// θ at which it is to be made first, after a checkpoint was taken up.
    var pendingPreconditioner: [Double]?
    /// Whether the bias has been minimised over at the present θ.
    var isBiasExact = false
    /// ‖∇P‖ at the first step, in the norm of the preconditioner.
    var firstSize: Double?
    /// Whether a wish interrupts products; asked after each.
    var isInterrupted: Bool { isInterruptedBy?(problem.shared.wishes) ?? false }
    /// What wishes interrupt an iteration.
    public var isInterruptedBy: (([Double]) -> Bool)?

    /// A search that begins at `parameters`.
    ///
    /// `isDirect` says how p is found; nil chooses.
    public init(
        _ problem: SmoothProblem,
        from parameters: [Double],
        rule: StopRule,
        isDirect: Bool? = nil
    ) {
        self.problem = problem
        self.parameters = parameters
        self.rule = rule
        self.isDirect = isDirect ?? NewtonSolver.canFactor(problem)
        makeGrams()
    }

    /// Whether the curvature is small enough to be summed and factored whole.
    static func canFactor(_ problem: SmoothProblem) -> Bool {
        let shape = problem.shape
        let count = shape.outputs * PackedMatrix.count(order: shape.order)
        return !problem.loss.isCoupled && shape.order <= orderMax && count <= elementsMax
    }

    func makeGrams() {
        guard isDirect else { return }
        let shape = problem.shape
        grams = (0..<shape.outputs).map { _ in
            GramSum(
                columns: shape.columns,
                bias: shape.bias,
                isSparse: problem.rows.isSparse,
                isSingle: isSingle
            )
        }
    }

    /// Where the search stands; nil before the first iteration.
    public var report: SolverReport? {
        guard let look else { return nil }
        var bound = problem.bound(look.gradient)
        if problem.shape.hasFreeBias, !isBiasExact { bound = nil }
        return SolverReport(
            value: look.value,
            gap: look.value > 0 ? bound.map { $0 / look.value } : bound,
            gradientNorm: norm2(look.gradient),
            iterations: iterations,
            products: products
        )
    }

    /// Takes one step, or finds that none is needed.
    public func advance() throws(LearningError) -> SolverVerdict {
        if look == nil { try lookHere() }
        guard let start = look, start.value.isFinite else { return .diverged }
        if rule.startNorm == nil { rule.startNorm = norm2(start.gradient) }
        if try isDone() { return .converged }
        let verdict = try step()
        guard verdict == .exhausted else { return verdict }
        return try isDone(isLast: true) ? .converged : .exhausted
    }

    /// P, ∇P and, where ranks would wait for it anyway, the curvature.
    func lookHere() throws(LearningError) {
        if let place = pendingPreconditioner {
            _ = try problem.evaluate(at: place)
            preconditioner = try problem.makePreconditioner()
            (preconditionedAt, pendingPreconditioner) = (place, nil)
        }
        let together = problem.shared.worldSize > 1 ? grams : []
        let (evaluation, sums) = try problem.evaluate(at: parameters, grams: together)
        look = evaluation
        matrices = sums
    }

    /// Whether the stop rule is met; minimises over a free bias first where that may show it, or
    /// where nothing else is left to do.
    func isDone(isLast: Bool = false) throws(LearningError) -> Bool {
        guard let start = look else { return false }
        guard problem.shape.isBounded else { return report.map(rule.isMet) ?? false }
        guard problem.shape.hasFreeBias, !isBiasExact else {
            return report.map(rule.isMet) ?? false
        }
        let likely = problem.bound(start.gradient) ?? 0
        guard isLast || likely <= rule.tolerance * start.value else { return false }
        try settleBias()
        return report.map(rule.isMet) ?? false
    }

    func factoredStep() throws(LearningError) -> SolverVerdict {
        guard let start = look else { return .diverged }
        if matrices.isEmpty { matrices = try problem.curvatureMatrices(grams) }
        guard let direction = try solve(start.gradient) else { return .exhausted }
        let slope = dot(start.gradient, direction)
        if isSingle, -slope > 0.3 * lastDecrement, -slope < 1e-3 * abs(start.value) {
            // The digits of Float do not carry this far: the same step again in Double.
            try goDouble()
            lastDecrement = .infinity
            return try factoredStep()
        }
        let oldScores = problem.scores
        var trial = parameters
        axpy(1, direction, into: &trial)
        let together = problem.shared.worldSize > 1 ? grams : []
        var (next, sums) = try problem.evaluate(at: trial, grams: together)
        if !accepts(next.value, 1, slope, start.value) {
            let step = try shorterStep(oldScores, direction, slope, start.value)
            guard let step else {
                (look, matrices) = (nil, [])
                try lookHere()
                return .exhausted
            }
            trial = parameters
            axpy(step, direction, into: &trial)
            (next, sums) = try problem.evaluate(at: trial, grams: together)
            lastDecrement = .infinity
        } else if !isSingle, isIdle(next, after: start) {
            (look, matrices) = (nil, [])
            try lookHere()
            return .exhausted
        } else {
            lastDecrement = -slope
        }
        accept(trial, next, sums)
        return .moved
    }

    /// Whether a step won nothing: P did not fall, and where its digits end ∇P did not shrink as
    /// a step of Newton's makes it.
    func isIdle(
        _ next: SmoothProblem.Evaluation,
        after start: SmoothProblem.Evaluation
    ) -> Bool {
        next.value >= start.value && norm2(next.gradient) > 0.5 * norm2(start.gradient)
    }

    func accept(_ trial: [Double], _ next: SmoothProblem.Evaluation, _ sums: [PackedMatrix]) {
        (parameters, look, matrices) = (trial, next, sums)
        isBiasExact = false
        iterations += 1
    }

    private func accepts(_ value: Double, _ step: Double, _ slope: Double, _ old: Double) -> Bool {
        // The rounding of a sum of losses; below it a comparison says nothing.
        value <= old + 1e-4 * step * slope + 1e-13 * abs(old)
    }

    /// The longest of ten shorter steps that lowers P enough.
    private func shorterStep(
        _ oldScores: [Double],
        _ direction: [Double],
        _ slope: Double,
        _ old: Double
    ) throws(LearningError) -> Double? {
        var length = 0.5
        for _ in 0..<3 {
            let steps = (0..<10).map { length / Double(1 << $0) }
            let values = try problem.values(
                along: steps,
                from: oldScores,
                parameters: parameters,
                direction: direction
            )
            for (step, value) in zip(steps, values)
            where accepts(value, step, slope, old) && value < old { return step }
            length /= 1024
        }
        return nil
    }

    private func goDouble() throws(LearningError) {
        isSingle = false
        makeGrams()
        matrices = try problem.curvatureMatrices(grams)
    }

    /// −H⁻¹·∇P, output by output; nil where no ridge makes H positive definite.
    private func solve(_ gradient: [Double]) throws(LearningError) -> [Double]? {
        let shape = problem.shape
        var direction = [Double](repeating: 0, count: shape.parameterCount)
        for k in 0..<shape.outputs {
            guard let factor = try factor(k) else { return nil }
            var part = [Double](repeating: 0, count: shape.order)
            for column in 0..<shape.columns { part[column] = -gradient[k * shape.columns + column] }
            if shape.bias != nil { part[shape.columns] = -gradient[shape.weightCount + k] }
            factor.solve(&part)
            for column in 0..<shape.columns { direction[k * shape.columns + column] = part[column] }
            if shape.bias != nil { direction[shape.weightCount + k] = part[shape.columns] }
        }
        return direction
    }

    private func factor(_ k: Int) throws(LearningError) -> CholeskyFactor? {
        if let factor = matrices[k].factor() { return factor }
        if isSingle, !problem.rows.isSparse {
            try goDouble()
            if let factor = matrices[k].factor() { return factor }
        }
        var largest = 0.0
        for i in 0..<matrices[k].order {
            largest = Swift.max(largest, matrices[k].elements[matrices[k].diagonal(i)])
        }
        var ridge = 1e-13 * (largest > 0 ? largest : 1)
        for _ in 0..<8 {
            if let factor = matrices[k].factor(ridge: ridge) { return factor }
            ridge *= 100
        }
        return nil
    }
}

/// Larger ones take longer to factor than conjugate gradients need.
private let orderMax = 1280
/// 64 MiB of packed sums.
private let elementsMax = 1 << 23
