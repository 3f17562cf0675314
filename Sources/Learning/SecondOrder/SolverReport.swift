/// What became of one iteration of a solver.
public enum SolverVerdict: Equatable, Sendable {
    /// P fell; there may be more.
    case moved
    /// The stop rule is met.
    case converged
    /// No step lowers P further: this is as low as the arithmetic goes.
    case exhausted
    /// P is not finite at the start.
    case diverged
    /// Somebody wished to stop in the middle; nothing has changed since the last iteration.
    case interrupted
}

/// Where a solver stands.
public struct SolverReport: Equatable, Sendable {
    /// P(θ).
    public var value: Double
    /// Certified bound of (P − P*)/P; nil where there is none.
    public var gap: Double?
    /// The dual objective that proves it, where one was computed.
    public var dual: Double?
    /// ‖∇P(θ)‖, of the least subgradient where there is an L1 penalty.
    public var gradientNorm: Double
    /// Iterations: changes of θ that were kept.
    public var iterations: Int
    /// Products with the Hessian.
    public var products: Int
}

/// When a solver is done: what `--tol` means for it.
public struct StopRule: Equatable, Sendable {
    /// t.
    public var tolerance: Double
    /// ‖∇P‖ at the start, once known; a checkpoint keeps it.
    public var startNorm: Double?

    /// A rule that begins.
    public init(tolerance: Double, startNorm: Double? = nil) {
        self.tolerance = tolerance
        self.startNorm = startNorm
    }

    /// Whether (P − P*)/P ≤ t for sure; without a bound whether ‖∇P‖ ≤ t·‖∇P at the start‖.
    public func isMet(by report: SolverReport) -> Bool {
        if let gap = report.gap { return gap <= tolerance }
        guard let startNorm else { return false }
        return report.gradientNorm <= tolerance * startNorm
    }

    /// The rule in words, for the outcome.
    public func text(of report: SolverReport) -> String {
        report.gap != nil
            ? "certified: (P − P*)/P ≤ \(tolerance)"
            : "‖∇P‖ ≤ \(tolerance) · ‖∇P at the start‖; no bound on P − P* exists"
    }
}

extension SmoothProblem {
    /// An upper bound of P(θ) − P*; nil where λ = 0.
    ///
    ///     P(θ) − P* ≤ ½ Σⱼ gⱼ²/λⱼ
    ///
    /// P less its quadratic penalty is convex, so P(θ′) ≥ P(θ) + g·(θ′ − θ) + ½ Σ λⱼ(θ′ⱼ − θⱼ)²,
    /// whose least value this is. With a free bias it holds for min over b of P, whose gradient by
    /// the weights is that at the best b: so only after `minimizeBias`.
    func bound(_ gradient: [Double]) -> Double? {
        guard shape.isBounded else { return nil }
        var sum = 0.0
        for index in gradient.indices {
            let penalty = shape.penalty(of: index)
            if penalty > 0 { sum += gradient[index] * gradient[index] / (2 * penalty) }
        }
        return sum
    }
}
