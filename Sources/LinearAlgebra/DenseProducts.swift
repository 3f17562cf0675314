import COpenBLAS

/// C ← A·Bᵀ.
///
/// Shapes: `a` (rows, inner), `b` (columns, inner), `c` (rows, columns), all row-major.
public func multiply(
    _ a: UnsafePointer<Float>,
    byTransposed b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>,
    _ size: ProductSize
) {
    guard size.rows > 0, size.columns > 0 else { return }
    cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasTrans,
        Int32(size.rows),
        Int32(size.columns),
        Int32(size.inner),
        1,
        a,
        Int32(size.inner),
        b,
        Int32(size.inner),
        0,
        c,
        Int32(size.columns)
    )
}

/// C ← A·B.
///
/// Shapes: `a` (rows, inner), `b` (inner, columns), `c` (rows, columns), all row-major.
public func multiply(
    _ a: UnsafePointer<Float>,
    by b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>,
    _ size: ProductSize
) {
    guard size.rows > 0, size.columns > 0 else { return }
    cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasNoTrans,
        Int32(size.rows),
        Int32(size.columns),
        Int32(size.inner),
        1,
        a,
        Int32(size.inner),
        b,
        Int32(size.columns),
        0,
        c,
        Int32(size.columns)
    )
}

/// C ← Aᵀ·B, or C ← C + Aᵀ·B where `isAdded`.
///
/// Shapes: `a` (inner, rows) with rows that lie `size.stride` apart, `b` (inner, columns), `c`
/// (rows, columns), all row-major.
public func multiply(
    transposed a: UnsafePointer<Float>,
    by b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>,
    isAdded: Bool,
    _ size: ProductSize
) {
    guard size.rows > 0, size.columns > 0 else { return }
    cblas_sgemm(
        CblasRowMajor,
        CblasTrans,
        CblasNoTrans,
        Int32(size.rows),
        Int32(size.columns),
        Int32(size.inner),
        1,
        a,
        Int32(size.stride),
        b,
        Int32(size.columns),
        isAdded ? 1 : 0,
        c,
        Int32(size.columns)
    )
}

/// The numbers of a matrix product.
public struct ProductSize: Sendable {
    /// Rows of the result.
    public let rows: Int
    /// Columns of the result.
    public let columns: Int
    /// Length of the sums.
    public let inner: Int
    /// How far the rows of a transposed left matrix lie apart.
    public let stride: Int

    /// A product of matrices without gaps.
    public init(rows: Int, columns: Int, inner: Int) {
        self.init(rows: rows, columns: columns, inner: inner, stride: rows)
    }

    /// A product whose transposed left matrix is a part of one with `stride` columns.
    public init(rows: Int, columns: Int, inner: Int, stride: Int) {
        (self.rows, self.columns, self.inner, self.stride) = (rows, columns, inner, stride)
    }
}
