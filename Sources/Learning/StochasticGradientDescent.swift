public import LinearAlgebra

/// Heavy-ball steps on summed gradients, and the mean of where they led.
///
///     v ← μ·v + g/n + λ·θ̂          θ ← θ − η·v − η·d·θ̂
///
/// g is the sum over the n rows of the step, λ the L2 penalty, d the decoupled decay, and θ̂ the
/// penalised parameters. Elementwise only, so all ranks get the same bits.
/// Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
/// the decay: Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019; the mean:
/// Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
public struct StochasticGradientDescent: ~Copyable {
    /// θ, in the coordinates in which the steps are taken.
    public var parameters: Vector
    /// v.
    public var velocity: Vector
    /// Mean of θ over the last `averagedSteps` steps.
    public var average: Vector
    /// How many steps are in `average`.
    public var averagedSteps = 0
    /// μ, 0 ..< 1.
    public let momentum: Float
    /// d.
    public let decay: Float
    /// λ of each parameter: l2 · factor² for weights, 0 where it is not penalised.
    public let penalties: Vector

    /// Steps that begin at zero.
    public init(momentum: Float, decay: Float, penalties: [Float]) {
        parameters = Vector(zeros: penalties.count)
        velocity = Vector(zeros: penalties.count)
        average = Vector(zeros: penalties.count)
        self.momentum = momentum
        self.decay = decay
        self.penalties = Vector(penalties)
    }

    /// Takes one step; with no rows at all nothing moves.
    ///
    /// Shapes: `gradient` (p or more), summed over `rows` rows of all ranks.
    public mutating func step(gradient: borrowing Vector, rows: Int, rate: Float) {
        precondition(gradient.count >= parameters.count, "\(gradient.count) gradient elements")
        guard rows > 0 else { return }
        averagedSteps += 1
        heavyBall(
            &parameters,
            velocity: &velocity,
            mean: &average,
            gradient: gradient,
            penalties: penalties,
            step: HeavyBallStep(
                scale: 1 / Float(rows),
                momentum: momentum,
                rate: rate,
                shrink: rate * decay,
                share: 1 / Float(averagedSteps)
            )
        )
    }

    /// Begins the mean anew with the next step.
    public mutating func beginAverage() { averagedSteps = 0 }

    /// Goes on from the mean, at rest; what the noise of the batches did has been averaged out.
    public mutating func settle() {
        guard averagedSteps > 0 else { return }
        parameters.copy(from: average)
        velocity.clear()
        averagedSteps = 0
    }
}
