import LinearAlgebra

/// L-BFGS, and OWL-QN where there is an L1 penalty.
///
///     P₁(θ) = P(θ) + l₁·Σ |θⱼ|   over the penalised parameters
///
/// One look at P and ∇P a trial, one trial an iteration nearly always. With l₁ the direction
/// follows the least subgradient and a step never crosses zero: a parameter that would lands there.
/// Source: Andrew & Gao, "Scalable training of L1-regularized log-linear models", ICML 2007; the
/// line search without l₁: Lewis & Overton, Math. Program. 141, 2013 (weak Wolfe by bisection).
public final class LBFGSSolver {
    /// What is minimised, but for the L1 penalty.
    public let problem: SmoothProblem
    /// l₁.
    public let l1: Double
    /// v, in the coordinates of the search.
    public internal(set) var point: [Double]
    /// When it is done.
    public internal(set) var rule: StopRule
    /// Iterations so far.
    public internal(set) var iterations = 0
    var coordinates: SolverCoordinates
    var memory = QuasiNewton()
    var look: SmoothProblem.Evaluation?
    /// ∇P by v, without the L1 part.
    var slopes: [Double] = []
    var gap: Double?
    var dual: Double?

    /// A search that begins at `parameters` θ, in coordinates that make columns comparable.
    public init(
        _ problem: SmoothProblem,
        from parameters: [Double],
        scaling: ColumnScaling,
        l1: Double = 0,
        rule: StopRule
    ) {
        self.problem = problem
        self.l1 = l1
        self.rule = rule
        coordinates = SolverCoordinates(scaling)
        point = coordinates.scaled(parameters, problem.shape)
    }

    /// θ.
    public var parameters: [Double] { coordinates.raw(point, problem.shape) }

    /// l₁ of one parameter by v.
    func weight(_ index: Int) -> Double {
        let shape = problem.shape
        guard l1 > 0 else { return 0 }
        guard index < shape.weightCount else { return shape.biasPenalty > 0 || isBiasHeld ? l1 : 0 }
        return l1 * coordinates.factors[index % shape.columns]
    }

    /// Whether the bias counts as a penalised feature although λ is 0.
    public var isBiasHeld = false

    /// P₁ at the last look.
    func value(_ look: SmoothProblem.Evaluation, at point: [Double]) -> Double {
        guard l1 > 0 else { return look.value }
        var sum = look.value
        for index in point.indices { sum += weight(index) * abs(point[index]) }
        return sum
    }

    /// The least subgradient of P₁ by v.
    func subgradient(_ slopes: [Double], at point: [Double]) -> [Double] {
        guard l1 > 0 else { return slopes }
        return slopes.indices.map { index in
            let (slope, pull) = (slopes[index], weight(index))
            if point[index] > 0 { return slope + pull }
            if point[index] < 0 { return slope - pull }
            return slope > pull ? slope - pull : slope < -pull ? slope + pull : 0
        }
    }

    /// Where the search stands; nil before the first iteration.
    public var report: SolverReport? {
        guard let look else { return nil }
        return SolverReport(
            value: value(look, at: point),
            gap: gap,
            dual: dual,
            gradientNorm: norm2(leastSubgradient(look)),
            iterations: iterations,
            products: 0
        )
    }

    /// The least subgradient by θ.
    private func leastSubgradient(_ look: SmoothProblem.Evaluation) -> [Double] {
        guard l1 > 0 else { return look.gradient }
        let shape = problem.shape
        return look.gradient.indices.map { index in
            let isHeld = index < shape.weightCount || shape.biasPenalty > 0 || isBiasHeld
            let (slope, pull) = (look.gradient[index], isHeld ? l1 : 0)
            if point[index] > 0 || pull == 0 { return slope + pull }
            if point[index] < 0 { return slope - pull }
            return slope > pull ? slope - pull : slope < -pull ? slope + pull : 0
        }
    }

    /// Takes one step, or finds that none is needed.
    public func advance() throws(LearningError) -> SolverVerdict {
        if look == nil { try lookHere() }
        guard let start = look, start.value.isFinite else { return .diverged }
        if rule.startNorm == nil { rule.startNorm = report?.gradientNorm }
        if try isDone() { return .converged }
        let verdict = l1 > 0 ? try orthantStep() : try wolfeStep()
        guard verdict == .exhausted else { return verdict }
        return try isDone(isLast: true) ? .converged : .exhausted
    }

    func lookHere() throws(LearningError) {
        let (evaluation, _) = try problem.evaluate(at: parameters)
        take(evaluation)
    }

    private func take(_ evaluation: SmoothProblem.Evaluation) {
        look = evaluation
        slopes = coordinates.gradient(evaluation.gradient, problem.shape)
        (gap, dual) = (nil, nil)
    }

    private func move(to trial: [Double], _ next: SmoothProblem.Evaluation) {
        let (oldPoint, oldSlopes) = (point, slopes)
        point = trial
        take(next)
        memory.keep(
            move: zip(point, oldPoint).map { $0 - $1 },
            bend: zip(slopes, oldSlopes).map { $0 - $1 }
        )
        iterations += 1
    }

    /// A first step as long as would halve the loss if it fell straight; later ones are full.
    private func firstLength(_ slope: Double, _ value: Double) -> Double {
        guard memory.moves.isEmpty, slope < 0 else { return 1 }
        return Swift.min(1, value / -slope)
    }

    private func wolfeStep() throws(LearningError) -> SolverVerdict {
        guard let start = look else { return .diverged }
        let direction = memory.direction(slopes)
        let slope = dot(slopes, direction)
        guard slope < 0 else { return try beginAgain() }
        var (low, high) = (0.0, Double.infinity)
        var length = firstLength(slope, start.value)
        var (trials, idle) = (0, 0)
        while idle < idleTrialsMax {
            var trial = point
            axpy(length, direction, into: &trial)
            let raw = coordinates.raw(trial, problem.shape)
            let (next, _) = try problem.evaluate(at: raw)
            let noise = 1e-13 * abs(start.value)
            if !(next.value <= start.value + 1e-4 * length * slope + noise) {
                high = length
            } else {
                let nextSlopes = coordinates.gradient(next.gradient, problem.shape)
                let bent = dot(nextSlopes, direction)
                if next.value >= start.value, norm2(nextSlopes) >= norm2(slopes) {
                    // Where the digits of P end, steps go on only while they flatten it.
                    idle += 1
                    high = length
                } else if bent >= 0.9 * slope || length >= 1e10 {
                    move(to: trial, next)
                    return .moved
                } else {
                    low = length
                }
            }
            trials += 1
            guard trials < trialsMax else { break }
            length = high.isInfinite ? 2 * length : (low + high) / 2
        }
        try lookHere()
        return try beginAgain()
    }

    private func orthantStep() throws(LearningError) -> SolverVerdict {
        guard let start = look else { return .diverged }
        let least = subgradient(slopes, at: point)
        var direction = memory.direction(least)
        for index in direction.indices
        where weight(index) > 0 && direction[index] * least[index] >= 0 {
            direction[index] = 0
        }
        guard dot(least, direction) < 0 else { return try beginAgain() }
        let orthant = point.indices.map { index in
            point[index] != 0 ? point[index].signed : -least[index].signed
        }
        let old = value(start, at: point)
        var length = firstLength(dot(least, direction), old)
        for _ in 0..<trialsMax {
            var trial = point
            for index in trial.indices {
                let moved = point[index] + length * direction[index]
                let isHeld = weight(index) > 0
                trial[index] = !isHeld || moved.signed == orthant[index] ? moved : 0
            }
            let raw = coordinates.raw(trial, problem.shape)
            let (next, _) = try problem.evaluate(at: raw)
            var fall = 0.0
            for index in trial.indices { fall += least[index] * (trial[index] - point[index]) }
            if value(next, at: trial) <= old + 1e-4 * fall + 1e-13 * abs(old), fall < 0 {
                move(to: trial, next)
                return .moved
            }
            guard fall < 0 else { break }
            length /= 2
        }
        try lookHere()
        return try beginAgain()
    }

    /// The steepest step, where what is remembered led nowhere.
    private func beginAgain() throws(LearningError) -> SolverVerdict {
        guard !memory.moves.isEmpty else { return .exhausted }
        memory = QuasiNewton()
        return l1 > 0 ? try orthantStep() : try wolfeStep()
    }
}

extension Double {
    /// −1, 0 or 1.
    fileprivate var signed: Double { self > 0 ? 1 : self < 0 ? -1 : 0 }
}

/// Trials of one step.
private let trialsMax = 50
/// Trials of one step that lower neither P nor its slope.
private let idleTrialsMax = 6
