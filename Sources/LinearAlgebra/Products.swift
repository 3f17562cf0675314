import COpenBLAS

/// scores ← X·Wᵀ.
///
/// Shapes: `batch` X (rows, columns), `weights` W (outputs, columns) row-major, `scores`
/// (rows, outputs) row-major.
/// Dense products go to OpenBLAS; sparse ones gather.
public func multiply(
    _ batch: Batch,
    byTransposed weights: UnsafePointer<Float>,
    outputs: Int,
    into scores: UnsafeMutablePointer<Float>
) {
    guard batch.rows > 0 else { return }
    switch batch.features {
    case .dense(let base): multiplyDense(base, batch, weights, outputs, scores)
    case .sparse(let offsets, let indices, let values):
        for row in 0..<batch.rows {
            let target = scores + row * outputs
            for output in 0..<outputs {
                let weightRow = weights + output * batch.columns
                var sum: Float = 0
                for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                    sum += values[entry] * weightRow[Int(indices[entry])]
                }
                target[output] = sum
            }
        }
    }
}

private func multiplyDense(
    _ base: UnsafePointer<Float>,
    _ batch: Batch,
    _ weights: UnsafePointer<Float>,
    _ outputs: Int,
    _ scores: UnsafeMutablePointer<Float>
) {
    let (rows, columns) = (Int32(batch.rows), Int32(batch.columns))
    guard batch.columns > 0 else {
        scores.update(repeating: 0, count: batch.rows * outputs)
        return
    }
    if outputs == 1 {
        cblas_sgemv(
            CblasRowMajor,
            CblasNoTrans,
            rows,
            columns,
            1,
            base,
            columns,
            weights,
            1,
            0,
            scores,
            1
        )
    } else {
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasTrans,
            rows,
            Int32(outputs),
            columns,
            1,
            base,
            columns,
            weights,
            columns,
            0,
            scores,
            Int32(outputs)
        )
    }
}

/// gradient ← gradient + Rᵀ·X.
///
/// Shapes: `residuals` R (rows, outputs) row-major, `batch` X (rows, columns), `gradient`
/// (outputs, columns) row-major.
public func addProduct(
    ofTransposed residuals: UnsafePointer<Float>,
    outputs: Int,
    and batch: Batch,
    into gradient: UnsafeMutablePointer<Float>
) {
    guard batch.rows > 0, batch.columns > 0 else { return }
    let (rows, columns) = (Int32(batch.rows), Int32(batch.columns))
    switch batch.features {
    case .dense(let base):
        if outputs == 1 {
            cblas_sgemv(
                CblasRowMajor,
                CblasTrans,
                rows,
                columns,
                1,
                base,
                columns,
                residuals,
                1,
                1,
                gradient,
                1
            )
        } else {
            cblas_sgemm(
                CblasRowMajor,
                CblasTrans,
                CblasNoTrans,
                Int32(outputs),
                columns,
                rows,
                1,
                residuals,
                Int32(outputs),
                base,
                columns,
                1,
                gradient,
                columns
            )
        }
    case .sparse(let offsets, let indices, let values):
        for row in 0..<batch.rows {
            for output in 0..<outputs {
                let factor = residuals[row * outputs + output]
                guard factor != 0 else { continue }
                let target = gradient + output * batch.columns
                for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                    target[Int(indices[entry])] += factor * values[entry]
                }
            }
        }
    }
}
