import CKernels

/// y ← y + αx.
///
/// Shapes: `x` (n), `y` (n). Same bits on every processor.
/// - Precondition: `x.count == y.count`.
public func axpy(_ alpha: Float, _ x: borrowing Vector, into y: inout Vector) {
    precondition(x.count == y.count, "axpy: x has \(x.count) elements, y has \(y.count)")
    ck_axpy_f32(alpha, x.buffer.baseAddress, y.buffer.baseAddress, x.count)
}

/// x ← αx; same bits on every processor.
public func scale(_ x: inout Vector, by alpha: Float) {
    ck_scale_f32(alpha, x.buffer.baseAddress, x.count)
}

/// Σ xᵢ² in Double, in an order that is the same on every processor: fit for decisions.
public func sumOfSquares(_ x: borrowing Vector) -> Double {
    ck_sum_squares_fixed(x.buffer.baseAddress, x.count)
}

/// Σ xᵢyᵢ in Double, in an order that is the same on every processor: fit for decisions.
///
/// Shapes: `x` (n), `y` (n).
/// - Precondition: `x.count == y.count`.
public func dot(_ x: borrowing Vector, _ y: borrowing Vector) -> Double {
    precondition(x.count == y.count, "dot: x has \(x.count) elements, y has \(y.count)")
    return ck_dot_fixed(x.buffer.baseAddress, y.buffer.baseAddress, x.count)
}

/// Σ xᵢ·y₍ₛ₊ᵢ₎ in Double, over the elements of `y` from `start` on; same bits on every processor.
///
/// Shapes: `x` (n), `y` (start + n or more).
public func dot(_ x: [Float], _ y: borrowing Vector, from start: Int) -> Double {
    precondition(start >= 0 && start + x.count <= y.count, "\(start) + \(x.count) of \(y.count)")
    return ck_dot_fixed(x, y.buffer.baseAddress.map { $0 + start }, x.count)
}

/// y₍ₛ₊ᵢ₎ ← y₍ₛ₊ᵢ₎ + αxᵢ, over the elements of `y` from `start` on; same bits on every processor.
///
/// Shapes: `x` (n), `y` (start + n or more).
public func axpy(_ alpha: Float, _ x: [Float], into y: inout Vector, from start: Int) {
    precondition(start >= 0 && start + x.count <= y.count, "\(start) + \(x.count) of \(y.count)")
    ck_axpy_f32(alpha, x, y.buffer.baseAddress.map { $0 + start }, x.count)
}

/// ‖x‖₂, by `sumOfSquares`.
public func norm2(_ x: borrowing Vector) -> Double { sumOfSquares(x).squareRoot() }

/// The numbers of one heavy-ball step.
public struct HeavyBallStep: Sendable {
    /// One over the number of rows.
    public var scale: Float
    /// μ.
    public var momentum: Float
    /// η.
    public var rate: Float
    /// η times the decoupled decay.
    public var shrink: Float
    /// Share of this step in the running mean.
    public var share: Float

    /// A step with all its numbers.
    public init(scale: Float, momentum: Float, rate: Float, shrink: Float, share: Float) {
        self.scale = scale
        self.momentum = momentum
        self.rate = rate
        self.shrink = shrink
        self.share = share
    }
}

/// v ← μ·v + g·scale + λ·θ, θ ← θ − η·v − shrink·θ, mean ← mean + (θ − mean)·share.
///
/// Shapes: all (n), `gradient` n or more. Same bits on every processor.
public func heavyBall(
    _ parameters: inout Vector,
    velocity: inout Vector,
    mean: inout Vector,
    gradient: borrowing Vector,
    penalties: borrowing Vector,
    step: HeavyBallStep
) {
    let count = parameters.count
    precondition(velocity.count == count && mean.count == count && penalties.count == count)
    precondition(gradient.count >= count, "\(gradient.count) gradient elements for \(count)")
    ck_heavy_ball_f32(
        parameters.buffer.baseAddress,
        velocity.buffer.baseAddress,
        mean.buffer.baseAddress,
        gradient.buffer.baseAddress,
        penalties.buffer.baseAddress,
        ck_heavy_ball(
            scale: step.scale,
            momentum: step.momentum,
            rate: step.rate,
            shrink: step.shrink,
            share: step.share
        ),
        count
    )
}
