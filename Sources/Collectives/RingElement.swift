import CKernels

/// A number that can travel around the ring and be added on the way.
public protocol RingElement: BitwiseCopyable, Sendable {
    /// How the header of a collective names this type.
    static var elementKind: ElementKind { get }
}

/// What the elements of a vector on the ring are; the raw value is the one on the wire.
public enum ElementKind: UInt8, Sendable, CaseIterable {
    /// A byte of a byte string; it is carried, never added.
    case byte = 1
    /// `Float`.
    case float32
    /// `Double`.
    case float64
    /// `Int32`, added modulo 2³².
    case int32
    /// `Int64`, added modulo 2⁶⁴.
    case int64

    /// Bytes of one element.
    public var bytes: Int {
        switch self {
        case .byte: 1
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }
}

/// How two elements become one; the raw value is the one on the wire.
public enum Reduction: UInt8, Sendable, CaseIterable {
    /// The sum; integers wrap around.
    case sum = 1
    /// The larger one; NaN if either is NaN, so that a diverged rank does not go unnoticed.
    case max
}

extension Float: RingElement {
    /// `.float32`.
    public static var elementKind: ElementKind { .float32 }
}

extension Double: RingElement {
    /// `.float64`.
    public static var elementKind: ElementKind { .float64 }
}

extension Int32: RingElement {
    /// `.int32`.
    public static var elementKind: ElementKind { .int32 }
}

extension Int64: RingElement {
    /// `.int64`.
    public static var elementKind: ElementKind { .int64 }
}

/// own[i] ← own[i] ⊕ incoming[i], the operands in this order on every rank.
///
/// Both are aligned for `element` and hold the same whole number of them.
func reduce(
    _ incoming: RawSpan,
    into own: inout MutableRawSpan,
    element: ElementKind,
    by reduction: Reduction
) {
    precondition(incoming.byteCount == own.byteCount, "reduce: lengths differ")
    incoming.withUnsafeBytes { source in
        own.withUnsafeMutableBytes { target in
            switch reduction {
            case .sum: add(source, target, element)
            case .max: takeLarger(source, target, element)
            }
        }
    }
}

private func add(
    _ source: UnsafeRawBufferPointer,
    _ target: UnsafeMutableRawBufferPointer,
    _ element: ElementKind
) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let count = source.count / element.bytes
    switch element {
    case .float32: ck_add_f32(to.assumingMemoryBound(to: Float.self), typed(from), count)
    case .float64: ck_add_f64(to.assumingMemoryBound(to: Double.self), typed(from), count)
    case .int32: ck_add_i32(to.assumingMemoryBound(to: UInt32.self), typed(from), count)
    case .int64: ck_add_i64(to.assumingMemoryBound(to: UInt64.self), typed(from), count)
    case .byte: preconditionFailure("bytes of a byte string are never added")
    }
}

private func typed<E>(_ address: UnsafeRawPointer) -> UnsafePointer<E> {
    address.assumingMemoryBound(to: E.self)
}

private func takeLarger(
    _ source: UnsafeRawBufferPointer,
    _ target: UnsafeMutableRawBufferPointer,
    _ element: ElementKind
) {
    switch element {
    case .float32: combine(source, target, as: Float.self, larger)
    case .float64: combine(source, target, as: Double.self, larger)
    case .int32: combine(source, target, as: Int32.self) { Swift.max($0, $1) }
    case .int64: combine(source, target, as: Int64.self) { Swift.max($0, $1) }
    case .byte: preconditionFailure("bytes of a byte string are never compared")
    }
}

@inline(__always)
private func combine<E: RingElement>(
    _ source: UnsafeRawBufferPointer,
    _ target: UnsafeMutableRawBufferPointer,
    as type: E.Type,
    _ operation: (E, E) -> E
) {
    let incoming = source.assumingMemoryBound(to: type)
    let own = target.assumingMemoryBound(to: type)
    for index in 0..<own.count { own[index] = operation(own[index], incoming[index]) }
}

@inline(__always)
private func larger<F: BinaryFloatingPoint>(_ own: F, _ incoming: F) -> F {
    incoming > own || incoming.isNaN ? incoming : own
}
