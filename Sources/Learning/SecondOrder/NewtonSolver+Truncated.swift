import LinearAlgebra

extension NewtonSolver {
    /// One step of a trust region whose model is minimised by conjugate gradients.
    func truncatedStep() throws(LearningError) -> SolverVerdict {
        guard let start = look else { return .diverged }
        if preconditioner == nil { try renewPreconditioner() }
        guard let preconditioner else { return .exhausted }
        let first = preconditioner.solve(start.gradient, problem.shape)
        let size = dot(start.gradient, first).squareRoot()
        guard size > 0, size.isFinite else { return .exhausted }
        if radius == 0 { radius = size }
        for _ in 0..<trialsMax {
            guard let step = try conjugateGradients(start.gradient, first) else {
                return .interrupted
            }
            var trial = parameters
            axpy(1, step.move, into: &trial)
            let old = (problem.scores, problem.residuals, problem.curvature)
            let (next, _) = try problem.evaluate(at: trial)
            let actual = start.value - next.value
            resize(step, actual, dot(start.gradient, step.move))
            let noise = 1e-13 * abs(start.value)
            if next.value.isFinite, actual > 1e-4 * step.predicted - noise {
                if isIdle(next, after: start) {
                    look = nil
                    try lookHere()
                    return .exhausted
                }
                accept(trial, next, [])
                // Where products have become many, rows have changed sides.
                if step.products > renewalAfter { self.preconditioner = nil }
                return .moved
            }
            (problem.scores, problem.residuals, problem.curvature) = old
            if step.predicted <= noise { return .exhausted }
        }
        return .exhausted
    }

    private func renewPreconditioner() throws(LearningError) {
        preconditioner = try problem.makePreconditioner()
        preconditionedAt = parameters
    }

    /// Grows or shrinks the trust region as the model was right or wrong.
    private func resize(_ step: TruncatedStep, _ actual: Double, _ slope: Double) {
        let curved = -actual - slope
        let best = curved > 0 ? Swift.max(0.25, -0.5 * slope / curved) : 4
        let isFirst = iterations == 0
        if isFirst { radius = Swift.min(radius, step.length) }
        let share = step.predicted > 0 ? actual / step.predicted : 0
        if !actual.isFinite || share < 1e-4 {
            radius = Swift.min(Swift.max(best, 0.25) * step.length, 0.5 * radius)
        } else if share < 0.25 {
            radius = Swift.max(0.25 * radius, Swift.min(best * step.length, 0.5 * radius))
        } else if share < 0.75 {
            radius = Swift.max(0.25 * radius, Swift.min(best * step.length, 4 * radius))
        } else if step.isAtEdge {
            radius *= 4
        } else {
            radius = Swift.max(radius, Swift.min(best * step.length, 4 * radius))
        }
    }

    /// Minimises g·s + ½ sᵀHs for ‖s‖ within the radius, until the residual is a tenth; nil where
    /// somebody wished to stop.
    ///
    /// Source: Steihaug, SIAM J. Numer. Anal. 20, 1983; all norms are those of the preconditioner.
    private func conjugateGradients(
        _ gradient: [Double],
        _ first: [Double]
    ) throws(LearningError) -> TruncatedStep? {
        var step = TruncatedStep(move: [Double](repeating: 0, count: gradient.count))
        var residual = gradient.map { -$0 }
        var toward = first.map { -$0 }
        var size = dot(residual, toward)
        // ‖s‖², s·d and ‖d‖² in the preconditioner's norm, by recurrence.
        var (length, mixed, width) = (0.0, 0.0, size)
        let start = size.squareRoot()
        let aim = Swift.min(0.1, (start / Swift.max(firstSize ?? start, start)).squareRoot())
        if firstSize == nil { firstSize = start }
        while step.products < productsMax {
            let image = try problem.product(with: toward)
            products += 1
            step.products += 1
            if isInterrupted { return nil }
            let bend = dot(toward, image)
            let alpha = bend > 0 ? size / bend : .infinity
            let reach = length + 2 * alpha * mixed + alpha * alpha * width
            if !(reach < radius * radius) {
                let room = (mixed * mixed + width * (radius * radius - length)).squareRoot()
                let tau = (room - mixed) / width
                axpy(tau, toward, into: &step.move)
                axpy(-tau, image, into: &residual)
                step.isAtEdge = true
                step.length = radius
                break
            }
            axpy(alpha, toward, into: &step.move)
            axpy(-alpha, image, into: &residual)
            let next = preconditioner?.solve(residual, problem.shape) ?? residual
            let nextSize = dot(residual, next)
            step.length = reach.squareRoot()
            guard nextSize.squareRoot() > aim * start, nextSize.isFinite else { break }
            let beta = nextSize / size
            for index in toward.indices { toward[index] = next[index] + beta * toward[index] }
            mixed = beta * (mixed + alpha * width)
            width = nextSize + beta * beta * width
            (length, size) = (reach, nextSize)
        }
        // With r = −g − Hs the model's fall is −½(g·s − r·s).
        step.predicted = -0.5 * (dot(gradient, step.move) - dot(step.move, residual))
        return step
    }
}

/// What conjugate gradients found.
struct TruncatedStep {
    /// s.
    var move: [Double]
    /// Products it took.
    var products = 0
    /// ‖s‖ in the preconditioner's norm.
    var length = 0.0
    /// By how much the model falls.
    var predicted = 0.0
    /// Whether the trust region ended it.
    var isAtEdge = false

    init(move: [Double]) { self.move = move }
}

/// Trials of one step, each in a smaller region.
private let trialsMax = 30
/// Products of one step at most.
private let productsMax = 1000
/// Products of a step after which the preconditioner is made anew.
private let renewalAfter = 12
