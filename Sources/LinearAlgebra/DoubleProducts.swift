import CKernels

/// scores ← X·Wᵀ with sums in Double.
///
/// Shapes: `batch` X (rows, columns), `weights` W (outputs, columns) row-major, `scores`
/// (rows, outputs) row-major.
public func multiply(
    _ batch: Batch,
    byTransposed weights: UnsafePointer<Double>,
    outputs: Int,
    into scores: UnsafeMutablePointer<Double>
) {
    let columns = batch.columns
    switch batch.features {
    case .dense(let base):
        for row in 0..<batch.rows {
            let values = base + row * columns
            for output in 0..<outputs {
                scores[row * outputs + output] =
                    ck_dot_f32_f64(values, weights + output * columns, columns)
            }
        }
    case .sparse(let offsets, let indices, let values) where outputs == 1:
        ck_dots_sparse_f64(offsets, indices, values, batch.rows, weights, scores)
    case .sparse(let offsets, let indices, let values):
        for row in 0..<batch.rows {
            let entries = Int(offsets[row])..<Int(offsets[row + 1])
            for output in 0..<outputs {
                let weightRow = weights + output * columns
                var sum = 0.0
                for entry in entries {
                    sum += Double(values[entry]) * weightRow[Int(indices[entry])]
                }
                scores[row * outputs + output] = sum
            }
        }
    }
}

/// gradient ← gradient + Rᵀ·X with sums in Double.
///
/// Shapes: `residuals` R (rows, outputs) row-major, `batch` X (rows, columns), `gradient`
/// (outputs, columns) row-major. A residual of 0 costs nothing.
public func addProduct(
    ofTransposed residuals: UnsafePointer<Double>,
    outputs: Int,
    and batch: Batch,
    into gradient: UnsafeMutablePointer<Double>
) {
    let columns = batch.columns
    for row in 0..<batch.rows {
        for output in 0..<outputs {
            let factor = residuals[row * outputs + output]
            guard factor != 0 else { continue }
            let target = gradient + output * columns
            switch batch.features {
            case .dense(let base): ck_axpy_f32_f64(factor, base + row * columns, target, columns)
            case .sparse(let offsets, let indices, let values):
                for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                    target[Int(indices[entry])] += factor * Double(values[entry])
                }
            }
        }
    }
}

/// sums[j][k] ← sums[j][k] + Σ factors[k][i]·x[i][j] of four vectors at once, in Double.
///
/// Shapes: `factors` (4, rows), `batch` X (rows, columns) sparse, `sums` (columns, 4).
/// - Precondition: the batch is sparse.
public func addProducts(
    ofFour factors: UnsafePointer<Double>,
    and batch: Batch,
    into sums: UnsafeMutablePointer<Double>
) {
    guard case .sparse(let offsets, let indices, let values) = batch.features else {
        preconditionFailure("rows that are not sparse")
    }
    ck_add_four_sparse_f64(offsets, indices, values, batch.rows, factors, sums)
}

/// Σ xᵢyᵢ, in an order that is the same on every processor: fit for decisions.
public func dot(_ x: [Double], _ y: [Double]) -> Double {
    precondition(x.count == y.count, "dot: x has \(x.count) elements, y has \(y.count)")
    return ck_dot_f64(x, y, x.count)
}

/// y ← y + αx; same bits on every processor.
public func axpy(_ alpha: Double, _ x: [Double], into y: inout [Double]) {
    precondition(x.count == y.count, "axpy: x has \(x.count) elements, y has \(y.count)")
    ck_axpy_f64(alpha, x, &y, x.count)
}

/// ‖x‖₂; same bits on every processor.
public func norm2(_ x: [Double]) -> Double { dot(x, x).squareRoot() }
