import CKernels
import COpenBLAS

/// Adds up Σ w·x·xᵀ over rows, as a packed upper triangle in Double.
///
/// Dense rows of weight above 0 are scaled by √w, gathered into blocks and multiplied by OpenBLAS,
/// in Double or, twice as fast, in Float with the blocks added in Double. Sparse rows are
/// scattered.
public final class GramSum {
    /// Number of columns, the constant one counted.
    public let order: Int
    private let columns: Int
    private let bias: Double
    private let isSparse: Bool
    private let isSingle: Bool
    /// Packed where sparse, else (order, order).
    private var sum: [Double]
    private var rows: [Double] = []
    private var singles: [Float] = []
    private var product: [Float] = []
    private var held = 0

    /// Sums of zero; `bias` is the value of a constant last column, or nil for none.
    public init(columns: Int, bias: Double?, isSparse: Bool, isSingle: Bool) {
        self.columns = columns
        self.bias = bias ?? 0
        self.isSparse = isSparse
        self.isSingle = isSingle && !isSparse
        order = columns + (bias == nil ? 0 : 1)
        let count = isSparse ? PackedMatrix.count(order: order) : order * order
        sum = [Double](repeating: 0, count: count)
        guard !isSparse else { return }
        if self.isSingle {
            singles = [Float](repeating: 0, count: blockRows * order)
            product = [Float](repeating: 0, count: order * order)
        } else {
            rows = [Double](repeating: 0, count: blockRows * order)
        }
    }

    /// Makes the sums zero.
    public func clear() {
        held = 0
        sum.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }

    /// Adds the rows of `batch`.
    ///
    /// Shapes: `weights` w ≥ 0, element `row · stride` for each row of the batch.
    public func add(_ batch: Batch, weights: UnsafePointer<Double>, stride: Int = 1) {
        guard batch.rows > 0, order > 0 else { return }
        switch batch.features {
        case .dense(let base):
            for row in 0..<batch.rows where weights[row * stride] > 0 {
                hold(base + row * columns, weights[row * stride].squareRoot())
            }
        case .sparse(let offsets, let indices, let values):
            withUnsafeTemporaryAllocation(of: Double.self, capacity: batch.rows) { room in
                for row in 0..<batch.rows { room[row] = weights[row * stride] }
                ck_add_gram_sparse(
                    &sum,
                    order,
                    columns,
                    bias,
                    batch.rows,
                    offsets,
                    indices,
                    values,
                    room.baseAddress
                )
            }
        }
    }

    private func hold(_ values: UnsafePointer<Float>, _ root: Double) {
        let start = held * order
        if isSingle {
            let factor = Float(root)
            singles.withUnsafeMutableBufferPointer { target in
                for column in 0..<columns { target[start + column] = factor * values[column] }
                if order > columns { target[start + columns] = factor * Float(bias) }
            }
        } else {
            rows.withUnsafeMutableBufferPointer { target in
                for column in 0..<columns {
                    target[start + column] = root * Double(values[column])
                }
                if order > columns { target[start + columns] = root * bias }
            }
        }
        held += 1
        if held == blockRows { flush() }
    }

    private func flush() {
        guard held > 0 else { return }
        let (n, k) = (Int32(order), Int32(held))
        if isSingle {
            cblas_ssyrk(
                CblasRowMajor,
                CblasUpper,
                CblasTrans,
                n,
                k,
                1,
                singles,
                n,
                0,
                &product,
                n
            )
            ck_add_upper_f32_f64(&sum, product, order)
        } else {
            cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, k, 1, rows, n, 1, &sum, n)
        }
        held = 0
    }

    /// Adds the sums so far to `target`, the upper triangle row by row.
    ///
    /// Shapes: `target` (order · (order + 1) / 2).
    public func addPacked(to target: UnsafeMutablePointer<Double>) {
        flush()
        guard !isSparse else {
            ck_axpy_f64(1, sum, target, sum.count)
            return
        }
        var start = 0
        for row in 0..<order {
            for column in row..<order {
                target[start + column - row] += sum[row * order + column]
            }
            start += order - row
        }
    }
}

/// Enough rows that the product's cost is arithmetic, few enough that they stay in the cache.
private let blockRows = 192
