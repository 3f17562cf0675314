import CKernels

/// A symmetric matrix, of which the upper triangle is kept, row by row.
///
/// Its factor has the same bits on every processor, so all ranks may solve with it alike.
public struct PackedMatrix: Equatable, Sendable {
    /// Number of rows.
    public let order: Int
    /// The upper triangle: (0,0), (0,1), …, (1,1), ….
    public var elements: [Double]

    /// A matrix of zeros.
    public init(order: Int) {
        self.order = order
        elements = [Double](repeating: 0, count: PackedMatrix.count(order: order))
    }

    /// A matrix of its upper triangle.
    public init(order: Int, elements: [Double]) {
        precondition(elements.count == PackedMatrix.count(order: order), "\(elements.count)")
        self.order = order
        self.elements = elements
    }

    /// How many elements a triangle of `order` rows has.
    public static func count(order: Int) -> Int { order * (order + 1) / 2 }

    /// Where element (i, i) lies.
    public func diagonal(_ i: Int) -> Int { i * order - i * (i - 1) / 2 }

    /// The Cholesky factor of the matrix plus `ridge` on its diagonal; nil where it is not
    /// positive definite within `least`, relative to what each pivot was.
    public func factor(ridge: Double = 0, least: Double = 1e-14) -> CholeskyFactor? {
        var upper = elements
        if ridge != 0 { for i in 0..<order { upper[diagonal(i)] += ridge } }
        guard ck_factor_packed(&upper, order, least) == order else { return nil }
        return CholeskyFactor(order: order, upper: upper)
    }
}

/// U with UᵀU = A.
public struct CholeskyFactor: Equatable, Sendable {
    /// Number of rows.
    public let order: Int
    fileprivate let upper: [Double]

    /// x ← A⁻¹x.
    ///
    /// Shapes: `x` (order).
    public func solve(_ x: inout [Double]) {
        precondition(x.count == order, "\(x.count) elements for an order of \(order)")
        ck_solve_packed(upper, order, &x)
    }
}
