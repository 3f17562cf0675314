import LinearAlgebra

/// An approximation of ∇²P that is cheap to solve with, for conjugate gradients.
enum Preconditioner {
    /// A factor for each output; the mean over outputs is taken away where scores are coupled.
    case blocks([CholeskyFactor], isCentered: Bool)
    /// The diagonal.
    case diagonal([Double])

    /// M⁻¹·x.
    func solve(_ x: [Double], _ shape: SmoothProblem.Shape) -> [Double] {
        switch self {
        case .diagonal(let diagonal):
            var result = x
            for index in result.indices { result[index] /= diagonal[index] }
            return result
        case .blocks(let factors, let isCentered):
            return solveBlocks(x, factors, shape, isCentered)
        }
    }

    private func solveBlocks(
        _ x: [Double],
        _ factors: [CholeskyFactor],
        _ shape: SmoothProblem.Shape,
        _ isCentered: Bool
    ) -> [Double] {
        var result = x
        for (k, factor) in factors.enumerated() {
            let start = k * shape.columns
            var part = Array(x[start..<start + shape.columns])
            if shape.bias != nil { part.append(x[shape.weightCount + k]) }
            factor.solve(&part)
            for column in 0..<shape.columns { result[start + column] = part[column] }
            if shape.bias != nil { result[shape.weightCount + k] = part[shape.columns] }
        }
        guard isCentered else { return result }
        // Scores may all move alike without effect; directions that do so are left out.
        for column in 0..<shape.order {
            let first = column < shape.columns ? column : shape.weightCount
            let stride = column < shape.columns ? shape.columns : 1
            var mean = 0.0
            for k in 0..<shape.outputs { mean += result[first + k * stride] }
            mean /= Double(shape.outputs)
            for k in 0..<shape.outputs { result[first + k * stride] -= mean }
        }
        return result
    }
}

extension SmoothProblem {
    /// A preconditioner for the curvature of the last look; one meeting.
    ///
    /// While columns are few: Σ d·x·xᵀ + Λ of each output, d being the diagonal of Q, from a sample
    /// of `sampleFactor` rows a column. Walking through the rows, one is taken whenever Σ d passes
    /// the next of evenly spaced marks, so rows are drawn in proportion to d and weigh alike.
    func makePreconditioner() throws(LearningError) -> Preconditioner {
        let count = shape.outputs * PackedMatrix.count(order: shape.order)
        guard shape.order <= blockOrderMax, count <= 1 << 23 else {
            return .diagonal(try curvatureDiagonal())
        }
        let grams = (0..<shape.outputs).map { _ in
            GramSum(
                columns: shape.columns,
                bias: shape.bias,
                isSparse: rows.isSparse,
                isSingle: true
            )
        }
        let sample = sampleWeights()
        try rows.forEachBlock { batch, start in
            sample.withUnsafeBufferPointer { sample in
                guard let base = sample.baseAddress else { return }
                for (k, gram) in grams.enumerated() {
                    let place = base + start * shape.outputs + k
                    gram.add(batch, weights: place, stride: shape.outputs)
                }
            }
        }
        var total: [Double] = []
        append(grams, to: &total)
        try shared.sum(&total)
        var factors: [CholeskyFactor] = []
        for matrix in matrices(in: total, from: 0, count: grams.count) {
            var largest = 0.0
            for i in 0..<matrix.order {
                largest = Swift.max(largest, matrix.elements[matrix.diagonal(i)])
            }
            // Products in Float have six digits: the ridge hides what lies below them.
            guard let factor = matrix.factor(ridge: 1e-7 * largest) else {
                return .diagonal(try curvatureDiagonal())
            }
            factors.append(factor)
        }
        return .blocks(factors, isCentered: loss.isCoupled)
    }

    /// Diagonal of one row's Q.
    private func diagonal(_ row: Int, _ k: Int, _ total: Double) -> Double {
        let q = curvature[row * shape.outputs + k]
        return loss.isCoupled ? (total > 0 ? q * (1 - q / total) : 0) : q
    }

    private func total(_ row: Int) -> Double {
        guard loss.isCoupled else { return 0 }
        var sum = 0.0
        for k in 0..<shape.outputs { sum += curvature[row * shape.outputs + k] }
        return sum
    }

    private func sampleWeights() -> [Double] {
        let outputs = shape.outputs
        var sums = [Double](repeating: 0, count: outputs)
        for row in 0..<rows.count {
            let total = total(row)
            for k in 0..<outputs { sums[k] += diagonal(row, k, total) }
        }
        let wanted = Swift.max(1, sampleFactor * shape.order / shared.worldSize)
        var passed = [Double](repeating: 0, count: outputs)
        var weights = [Double](repeating: 0, count: rows.count * outputs)
        for row in 0..<rows.count {
            let total = total(row)
            for k in 0..<outputs where sums[k] > 0 {
                let mark = sums[k] / Double(wanted)
                let before = (passed[k] / mark).rounded(.down)
                passed[k] += diagonal(row, k, total)
                let taken = (passed[k] / mark).rounded(.down) - before
                if taken > 0 { weights[row * outputs + k] = taken * mark }
            }
        }
        return weights
    }

    private func curvatureDiagonal() throws(LearningError) -> [Double] {
        let outputs = shape.outputs
        var result = [Double](repeating: 0, count: shape.parameterCount)
        try rows.forEachBlock { batch, start in
            for row in 0..<batch.rows {
                let total = total(start + row)
                for k in 0..<outputs {
                    let d = diagonal(start + row, k, total)
                    guard d > 0 else { continue }
                    addSquares(of: row, of: batch, times: d, to: &result, from: k * shape.columns)
                    if let bias = shape.bias { result[shape.weightCount + k] += d * bias * bias }
                }
            }
        }
        try shared.sum(&result)
        for index in result.indices {
            let value = shape.factor * result[index] + shape.penalty(of: index)
            result[index] = value > 0 ? value : 1
        }
        return result
    }

    private func addSquares(
        of row: Int,
        of batch: Batch,
        times d: Double,
        to result: inout [Double],
        from start: Int
    ) {
        switch batch.features {
        case .dense(let base):
            for column in 0..<batch.columns {
                let value = Double(base[row * batch.columns + column])
                result[start + column] += d * value * value
            }
        case .sparse(let offsets, let indices, let values):
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                let value = Double(values[entry])
                result[start + Int(indices[entry])] += d * value * value
            }
        }
    }
}

/// Rows drawn a column: eigenvalues of the preconditioned curvature then lie within 0.4 … 2.
private let sampleFactor = 6
/// Larger blocks take longer to factor than they save.
private let blockOrderMax = 1280
