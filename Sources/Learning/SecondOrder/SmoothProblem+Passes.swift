import LinearAlgebra

extension SmoothProblem {
    /// Writes the scores of `batch` to `target`, from row `start` on.
    func score(
        _ batch: Batch,
        _ start: Int,
        at parameters: [Double],
        into target: inout [Double]
    ) {
        let outputs = shape.outputs
        parameters.withUnsafeBufferPointer { parameters in
            target.withUnsafeMutableBufferPointer { target in
                guard let weights = parameters.baseAddress, let base = target.baseAddress else {
                    return
                }
                let place = base + start * outputs
                multiply(batch, byTransposed: weights, outputs: outputs, into: place)
                guard let bias = shape.bias else { return }
                let biases = weights + shape.weightCount
                for row in 0..<batch.rows {
                    for k in 0..<outputs { place[row * outputs + k] += bias * biases[k] }
                }
            }
        }
    }

    /// Adds Σ rᵢ·xᵢᵀ and Σ rᵢ·s to `total`, from element `start · outputs` of `residuals` on.
    func addTransposed(
        _ residuals: [Double],
        _ batch: Batch,
        _ start: Int,
        into total: inout [Double]
    ) {
        let outputs = shape.outputs
        residuals.withUnsafeBufferPointer { residuals in
            total.withUnsafeMutableBufferPointer { total in
                guard let base = residuals.baseAddress, let target = total.baseAddress else {
                    return
                }
                let place = base + start * outputs
                addProduct(ofTransposed: place, outputs: outputs, and: batch, into: target)
                guard let bias = shape.bias else { return }
                let biases = target + shape.weightCount
                for row in 0..<batch.rows {
                    for k in 0..<outputs { biases[k] += bias * place[row * outputs + k] }
                }
            }
        }
    }

    /// Writes residuals and curvature of the rows from `start` on, whose scores are kept.
    func take(_ count: Int, from start: Int, _ sums: inout LossSums) {
        let outputs = shape.outputs
        let isPlain = multipliers.isEmpty
        reading(scores, multipliers) { z, alpha in
            writing(&residuals, &curvature) { r, q in
                for row in start..<start + count {
                    let place = RowPlace(
                        scores: z + row * outputs,
                        multipliers: isPlain ? nil : alpha + row * outputs,
                        residuals: r + row * outputs,
                        curvature: q + row * outputs,
                        outputs: outputs,
                        weight: rows.weight(row)
                    )
                    loss.take(place, label: Double(labels[row]), into: &sums)
                }
            }
        }
    }

    /// Adds the loss of one row at scores that are not kept.
    ///
    /// Shapes: `trial` (outputs or, of all rows, more from element `first` on), `room`
    /// (2 · outputs): its residual and curvature there.
    func takeRow(
        _ row: Int,
        at trial: [Double],
        from first: Int,
        room: inout [Double],
        _ sums: inout LossSums
    ) {
        let outputs = shape.outputs
        let isPlain = multipliers.isEmpty
        reading(trial, multipliers) { z, alpha in
            writing(&room) { free in
                let place = RowPlace(
                    scores: z + first,
                    multipliers: isPlain ? nil : alpha + row * outputs,
                    residuals: free,
                    curvature: free + outputs,
                    outputs: outputs,
                    weight: rows.weight(row)
                )
                loss.take(place, label: Double(labels[row]), into: &sums)
            }
        }
    }

    /// Replaces the first rows' u by Qu, with the curvature of the rows from `start` on.
    func bend(_ vectors: inout [Double], _ count: Int, from start: Int) {
        let outputs = shape.outputs
        reading(curvature, curvature) { q, _ in
            writing(&vectors) { u in
                for row in 0..<count {
                    loss.bend(u + row * outputs, q + (start + row) * outputs, outputs: outputs)
                }
            }
        }
    }

    /// Adds the curvature of the rows from `start` on to each output's sum.
    func add(_ batch: Batch, _ start: Int, to grams: [GramSum]) {
        curvature.withUnsafeBufferPointer { curvature in
            guard let q = curvature.baseAddress else { return }
            for (k, gram) in grams.enumerated() {
                gram.add(batch, weights: q + start * shape.outputs + k, stride: shape.outputs)
            }
        }
    }

    func append(_ grams: [GramSum], to total: inout [Double]) {
        for gram in grams {
            let start = total.count
            let count = PackedMatrix.count(order: gram.order)
            total.append(contentsOf: repeatElement(0, count: count))
            total.withUnsafeMutableBufferPointer { total in
                if let base = total.baseAddress { gram.addPacked(to: base + start) }
            }
        }
    }

    /// f·Σ q·x·xᵀ + Λ of each output, out of what was summed.
    func matrices(in total: [Double], from first: Int, count: Int) -> [PackedMatrix] {
        let size = PackedMatrix.count(order: shape.order)
        return (0..<count).map { k in
            let start = first + k * size
            var matrix = PackedMatrix(
                order: shape.order,
                elements: total[start..<start + size].map { shape.factor * $0 }
            )
            for i in 0..<shape.order {
                let isBias = i == shape.columns
                matrix.elements[matrix.diagonal(i)] +=
                    isBias ? shape.biasPenalty : shape.penalty
            }
            return matrix
        }
    }
}

extension SolverRows {
    /// The class or value of every row.
    func labels() throws(LearningError) -> [Float] {
        var labels: [Float] = []
        labels.reserveCapacity(count)
        try forEachBlock { batch, _ in
            switch batch.labels {
            case .classes(let base): for row in 0..<batch.rows { labels.append(Float(base[row])) }
            case .real(let base): for row in 0..<batch.rows { labels.append(base[row]) }
            case .none: preconditionFailure("rows without labels cannot be learned from")
            }
        }
        return labels
    }
}

/// Products with dense rows and several outputs: in Float through matrix products of OpenBLAS.
///
/// A direction needs no more digits; the blocks are added in Double.
struct NarrowProduct {
    private let shape: SmoothProblem.Shape

    /// For dense rows and several outputs: Double costs nothing elsewhere.
    init(_ shape: SmoothProblem.Shape) { self.shape = shape }

    /// Adds Σ Xᵀ·Q·X·v to `total`.
    func add(
        _ vector: [Double],
        _ loss: RowLoss,
        _ curvature: [Double],
        _ rows: SolverRows,
        into total: inout [Double]
    ) throws(LearningError) {
        let outputs = shape.outputs
        let weights = vector.prefix(shape.weightCount).map { Float($0) }
        var scores = [Float](repeating: 0, count: rows.blockRows * outputs)
        var bent = [Double](repeating: 0, count: outputs)
        var sum = [Float](repeating: 0, count: shape.weightCount)
        try rows.forEachBlock { batch, start in
            multiply(batch, byTransposed: weights, outputs: outputs, into: &scores)
            for row in 0..<batch.rows {
                for k in 0..<outputs {
                    bent[k] = Double(scores[row * outputs + k])
                    if let bias = shape.bias { bent[k] += bias * vector[shape.weightCount + k] }
                }
                curvature.withUnsafeBufferPointer { q in
                    if let q = q.baseAddress {
                        loss.bend(&bent, q + (start + row) * outputs, outputs: outputs)
                    }
                }
                for k in 0..<outputs {
                    scores[row * outputs + k] = Float(bent[k])
                    if let bias = shape.bias { total[shape.weightCount + k] += bias * bent[k] }
                }
            }
            for index in sum.indices { sum[index] = 0 }
            addProduct(ofTransposed: scores, outputs: outputs, and: batch, into: &sum)
            for index in sum.indices { total[index] += Double(sum[index]) }
        }
    }
}
