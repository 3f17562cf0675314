import LinearAlgebra

extension SmoothProblem {
    /// Moves free biases to where P is least for the weights as they are, to the last digits.
    ///
    /// One small meeting a step, and no rows are read. Outputs whose curvature is apart are solved
    /// each by Newton's method between bounds that close in: ∂P/∂b only rises with b. Others by
    /// Newton's method on all biases, halved while P rises.
    /// Shapes: `parameters` (p); the scores of the last look must belong to them.
    func minimizeBias(_ parameters: inout [Double]) throws(LearningError) {
        guard shape.hasFreeBias, let scale = shape.bias else { return }
        var search = BiasSearch(outputs: shape.outputs, isCoupled: loss.isCoupled)
        while search.steps < biasStepsMax {
            let look = try lookAtBias(moved: search.trial.map { $0 * scale })
            guard search.take(look, scale: scale) else { break }
        }
        for k in 0..<shape.outputs { parameters[shape.weightCount + k] += search.best[k] }
    }

    /// Σ of losses, residuals, their magnitudes and Q at the kept scores plus `moved`.
    private func lookAtBias(moved: [Double]) throws(LearningError) -> BiasLook {
        let outputs = shape.outputs
        var room = [Double](repeating: 0, count: 2 * outputs)
        var trial = [Double](repeating: 0, count: outputs)
        var sums = LossSums()
        var total = [Double](repeating: 0, count: 1 + 2 * outputs + outputs * outputs)
        for row in 0..<rows.count {
            for k in 0..<outputs { trial[k] = scores[row * outputs + k] + moved[k] }
            takeRow(row, at: trial, from: 0, room: &room, &sums)
            for k in 0..<outputs {
                total[1 + k] += room[k]
                total[1 + outputs + k] += abs(room[k])
            }
            addCurvature(room[outputs...], to: &total, from: 1 + 2 * outputs)
        }
        total[0] = sums.value
        try shared.sum(&total)
        return BiasLook(
            value: total[0],
            slope: Array(total[1..<1 + outputs]),
            size: Array(total[1 + outputs..<1 + 2 * outputs]),
            bend: Array(total[(1 + 2 * outputs)...])
        )
    }

    private func addCurvature(_ q: ArraySlice<Double>, to total: inout [Double], from start: Int) {
        let (outputs, first) = (shape.outputs, q.startIndex)
        let sum = loss.isCoupled ? q.reduce(0, +) : 0
        for i in 0..<outputs {
            total[start + i * outputs + i] += q[first + i]
            guard sum > 0 else { continue }
            for j in 0..<outputs {
                total[start + i * outputs + j] -= q[first + i] * q[first + j] / sum
            }
        }
    }
}

/// More than the closing bounds need to pass through all digits of a Double.
private let biasStepsMax = 120

/// Sums over all rows at trial biases.
struct BiasLook {
    /// Σ ℓ.
    var value: Double
    /// Σ r, (outputs).
    var slope: [Double]
    /// Σ |r|, (outputs): what the slope's rounding is measured by.
    var size: [Double]
    /// Σ Q, (outputs, outputs).
    var bend: [Double]
}

/// Where the biases are looked at next.
struct BiasSearch {
    let outputs: Int
    let isCoupled: Bool
    /// What is added to the biases at the next look.
    private(set) var trial: [Double]
    /// The best seen so far.
    private(set) var best: [Double]
    /// Looks taken.
    private(set) var steps = 0
    private var low: [Double]
    private var high: [Double]
    private var bestValue = Double.infinity
    private var bestStep: [Double] = []
    private var halvings = 0

    init(outputs: Int, isCoupled: Bool) {
        self.outputs = outputs
        self.isCoupled = isCoupled
        trial = [Double](repeating: 0, count: outputs)
        best = trial
        low = [Double](repeating: -.infinity, count: outputs)
        high = [Double](repeating: .infinity, count: outputs)
    }

    /// Takes the sums at `trial`, s being the constant column; false when there is nothing to gain.
    mutating func take(_ look: BiasLook, scale: Double) -> Bool {
        steps += 1
        return isCoupled ? takeCoupled(look, scale) : takeApart(look, scale)
    }

    private mutating func takeApart(_ look: BiasLook, _ scale: Double) -> Bool {
        best = trial
        var isOpen = false
        for k in 0..<outputs {
            let slope = look.slope[k] * scale
            guard abs(slope) > 1e-13 * look.size[k] * abs(scale) else { continue }
            if slope > 0 { high[k] = trial[k] } else { low[k] = trial[k] }
            let bend = look.bend[k * outputs + k] * scale * scale
            var next = bend > 0 ? trial[k] - slope / bend : slope > 0 ? -.infinity : .infinity
            if !(next > low[k] && next < high[k]) {
                let width = Double(1 << Swift.min(steps, 40))
                next =
                    low[k].isInfinite
                    ? trial[k] - width
                    : high[k].isInfinite ? trial[k] + width : (low[k] + high[k]) / 2
            }
            guard next != trial[k], next > low[k], next < high[k] else { continue }
            trial[k] = next
            isOpen = true
        }
        return isOpen
    }

    private mutating func takeCoupled(_ look: BiasLook, _ scale: Double) -> Bool {
        guard steps == 1 || look.value <= bestValue + 1e-14 * abs(bestValue) else {
            halvings += 1
            guard halvings < 40 else { return false }
            for k in 0..<outputs {
                bestStep[k] /= 2
                trial[k] = best[k] + bestStep[k]
            }
            return true
        }
        (best, bestValue, halvings) = (trial, look.value, 0)
        let isFlat = (0..<outputs).allSatisfy {
            abs(look.slope[$0]) <= 1e-13 * look.size[$0]
        }
        guard !isFlat, steps < 40 else { return false }
        var matrix = PackedMatrix(order: outputs)
        var diagonal = 0.0
        for i in 0..<outputs {
            for j in i..<outputs {
                matrix.elements[matrix.diagonal(i) + j - i] = look.bend[i * outputs + j]
            }
            diagonal = Swift.max(diagonal, look.bend[i * outputs + i])
        }
        // All biases may move alike without effect; the ridge keeps them where they are.
        guard diagonal > 0, let factor = matrix.factor(ridge: 1e-9 * diagonal) else { return false }
        bestStep = look.slope.map { -$0 }
        factor.solve(&bestStep)
        for k in 0..<outputs {
            bestStep[k] /= scale
            trial[k] = best[k] + bestStep[k]
        }
        return true
    }
}
