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

/// Σ xᵢ² over the elements of `range`, in Double, likewise.
public func sumOfSquares(_ x: borrowing Vector, in range: Range<Int>) -> Double {
    precondition(range.lowerBound >= 0 && range.upperBound <= x.count, "\(range) of \(x.count)")
    return ck_sum_squares_fixed(x.buffer.baseAddress.map { $0 + range.lowerBound }, range.count)
}

/// Whether the elements of `range` are all finite.
public func isFinite(_ x: borrowing Vector, in range: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= x.count, "\(range) of \(x.count)")
    return ck_all_finite_f32(x.buffer.baseAddress.map { $0 + range.lowerBound }, range.count) != 0
}
