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

/// ‖x‖₂, by `sumOfSquares`.
public func norm2(_ x: borrowing Vector) -> Double { sumOfSquares(x).squareRoot() }
