import LinearAlgebra

/// Linear support vector machines with hinge loss, by the method of multipliers.
///
/// For many columns, and for one machine that tells all classes apart:
///
///     min  ½‖W‖² + C·Σᵢ cᵢ·max(0, 1 − yᵢzᵢ)                   (one machine an output)
///     min  ½‖W‖² + C·Σᵢ cᵢ·(max over k of zₖ + [k ≠ y]  −  z_y)  (Crammer and Singer)
///
/// Each row's loss is made smooth around its multipliers (`RowLoss`); Newton steps minimise that,
/// the best a of each row become its multipliers, the smoothing sharpens, until P − D is small:
///
///     D = C·Σᵢ a(1) − ½‖C·Σᵢ ∂zᵢ/∂W·a‖²
///
/// for any a within bounds and, where b is free, with no slope by b.
/// Sources: Yan & Li, "An efficient augmented Lagrangian method for support vector machine",
/// Optim. Methods Softw. 35, 2020; Crammer & Singer, JMLR 2, 2001.
public final class AugmentedLagrangian {
    let newton: NewtonSolver
    /// (P − D)/P at most.
    public let tolerance: Double
    /// Times that the multipliers changed.
    public internal(set) var rounds = 0
    /// The best θ so far, by P.
    public internal(set) var parameters: [Double]
    var primal = Double.infinity
    var dual = -Double.infinity
    var isBiasExact = false

    /// A search from θ = 0 over a problem whose loss is `hinge` or `crammerSinger`.
    public init(_ problem: SmoothProblem, tolerance: Double) {
        precondition(problem.loss.isSmoothed, "\(problem.loss) has no multipliers")
        self.tolerance = tolerance
        parameters = [Double](repeating: 0, count: problem.shape.parameterCount)
        newton = NewtonSolver(problem, from: parameters, rule: StopRule(tolerance: tolerance))
        problem.beginMultipliers()
    }

    /// What is minimised.
    public var problem: SmoothProblem { newton.problem }
    /// Newton steps so far.
    public var iterations: Int { newton.iterations }
    /// What wishes interrupt an iteration.
    public var isInterruptedBy: (([Double]) -> Bool)? {
        get { newton.isInterruptedBy }
        set { newton.isInterruptedBy = newValue }
    }

    /// Where the search stands; nil before the first iteration.
    public var report: SolverReport? {
        guard let look = newton.look else { return nil }
        return SolverReport(
            value: primal,
            gap: primal > 0 ? Swift.max(0, primal - dual) / primal : 0,
            dual: dual,
            gradientNorm: norm2(look.gradient),
            iterations: newton.iterations,
            products: newton.products
        )
    }

    /// Takes one Newton step, or finds that none is needed.
    public func advance() throws(LearningError) -> SolverVerdict {
        if newton.look == nil { try newton.lookHere() }
        guard let look = newton.look, look.value.isFinite else { return .diverged }
        try judge()
        if isDone { return .converged }
        let isLong = newton.iterations - lastSharpened >= innerMax
        if isLong || isInnerDone() {
            guard rounds < roundsMax else { return .exhausted }
            try sharpen(by: isLong ? 1 : growth)
        }
        let verdict = try newton.step()
        switch verdict {
        case .exhausted:
            guard rounds < roundsMax else { return .exhausted }
            // The smooth problem is stiffer than digits allow: the multipliers go on with less.
            try sharpen(by: relief)
            return .moved
        default: return verdict
        }
    }

    private var isDone: Bool { primal.isFinite && primal - dual <= tolerance * primal }

    /// P and D at the last look.
    private func judge() throws(LearningError) {
        guard let look = newton.look else { return }
        take(look, newton.parameters)
        guard problem.shape.hasFreeBias else {
            dual = Swift.max(dual, dualValue(look))
            return
        }
        // D counts only where nothing is left by b; worth a few small meetings once it may end it.
        guard primal - dualValue(look) <= tolerance * primal, !newton.isBiasExact else { return }
        try newton.settleBias()
        guard let settled = newton.look else { return }
        take(settled, newton.parameters)
        dual = Swift.max(dual, dualValue(settled))
    }

    private func take(_ look: SmoothProblem.Evaluation, _ parameters: [Double]) {
        var penalty = 0.0
        for index in parameters.indices {
            penalty += problem.shape.penalty(of: index) * parameters[index] * parameters[index] / 2
        }
        let value = look.exactLoss + penalty
        if value < primal { (primal, self.parameters) = (value, parameters) }
    }

    private func dualValue(_ look: SmoothProblem.Evaluation) -> Double {
        var square = 0.0
        for index in look.lossGradient.indices {
            let penalty = problem.shape.penalty(of: index)
            if penalty > 0 {
                square += look.lossGradient[index] * look.lossGradient[index] / penalty
            }
        }
        return look.dual - square / 2
    }

    /// Whether the smooth problem is solved as well as its multipliers are worth.
    private func isInnerDone() -> Bool {
        guard let look = newton.look else { return false }
        let error = problem.bound(look.gradient) ?? 0
        return error <= 0.3 * (primal - Swift.max(dual, dualValue(look)))
            && newton.iterations > lastSharpened
    }

    var lastSharpened = 0

    private func sharpen(by growth: Double) throws(LearningError) {
        problem.updateMultipliers()
        rounds += 1
        lastSharpened = newton.iterations
        problem.loss = problem.loss.with(stiffness: growth * (problem.loss.stiffness ?? 1))
        newton.restart()
        try newton.lookHere()
    }
}

/// How much stiffer the loss becomes each time.
private let growth = 4.0
/// What is left of the stiffness where Newton steps win nothing more.
private let relief = 1.0 / 16
/// Newton steps between two changes of the multipliers.
private let innerMax = 100
/// Multipliers have settled by then.
private let roundsMax = 60

extension SmoothProblem {
    /// α = 0 for hinges; for Crammer and Singer all of it on the row's own class.
    func beginMultipliers() {
        let outputs = shape.outputs
        multipliers = [Double](repeating: 0, count: rows.count * outputs)
        guard case .crammerSinger = loss else { return }
        for row in 0..<rows.count {
            multipliers[row * outputs + Int(labels[row])] = rows.weight(row)
        }
    }

    /// The best a of each row at the last look becomes its α.
    func updateMultipliers() {
        let outputs = shape.outputs
        for row in 0..<rows.count {
            for k in 0..<outputs {
                let index = row * outputs + k
                if case .crammerSinger = loss {
                    let own = k == Int(labels[row]) ? rows.weight(row) : 0
                    multipliers[index] = residuals[index] + own
                } else {
                    let label = Double(labels[row])
                    let sign = RowLoss.sign(of: k, outputs: outputs, label: label)
                    multipliers[index] = -sign * residuals[index]
                }
            }
        }
    }
}

extension NewtonSolver {
    /// One step, whatever the stop rule says.
    func step() throws(LearningError) -> SolverVerdict {
        guard !isDirect else { return try factoredStep() }
        let verdict = try truncatedStep()
        guard verdict == .exhausted, isSingle, problem.hasNarrowProducts else { return verdict }
        // Products in Float may not carry this far: the same step again in Double.
        isSingle = false
        problem.isNarrow = false
        return try truncatedStep()
    }

    /// Forgets what belonged to the loss before.
    func restart() {
        look = nil
        matrices = []
        lastDecrement = .infinity
        preconditioner = nil
        radius = 0
        firstSize = nil
    }

    /// Minimises over a free bias for the weights as they are, and looks again.
    func settleBias() throws(LearningError) {
        try problem.minimizeBias(&parameters)
        try lookHere()
        isBiasExact = true
    }
}
