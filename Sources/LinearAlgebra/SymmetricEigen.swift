import COpenBLAS

/// Eigenvalues and eigenvectors of a symmetric matrix, by LAPACK.
///
/// Their last bits, and the vectors of equal values altogether, depend on the processor: what all
/// ranks must have alike, one of them computes.
public struct SymmetricEigen: Sendable {
    /// Number of rows.
    public let order: Int
    /// The eigenvalues, rising.
    public let values: [Double]
    /// The eigenvector of each value, of length one.
    ///
    /// Shapes: (order, order), one a row.
    public let vectors: [Double]

    /// The eigenvalues of `matrix`, (order, order); nil where it holds what is not a number.
    public init?(order: Int, matrix: [Double]) {
        precondition(matrix.count == order * order, "\(matrix.count) elements for \(order) rows")
        self.order = order
        guard order > 0 else {
            (values, vectors) = ([], [])
            return
        }
        guard matrix.allSatisfy(\.isFinite) else { return nil }
        var (vectors, values) = (matrix, [Double](repeating: 0, count: order))
        var (n, info) = (Int32(order), Int32(0))
        var workCount = Int32(1 + 6 * order + 2 * order * order)
        var numbersCount = Int32(3 + 5 * order)
        var work = [Double](repeating: 0, count: Int(workCount))
        var numbers = [Int32](repeating: 0, count: Int(numbersCount))
        var (job, part) = (
            CChar(bitPattern: UInt8(ascii: "V")), CChar(bitPattern: UInt8(ascii: "U"))
        )
        var lead = n
        dsyevd_(
            &job,
            &part,
            &n,
            &vectors,
            &lead,
            &values,
            &work,
            &workCount,
            &numbers,
            &numbersCount,
            &info,
            1,
            1
        )
        guard info == 0, values.allSatisfy(\.isFinite) else { return nil }
        (self.values, self.vectors) = (values, vectors)
    }
}
