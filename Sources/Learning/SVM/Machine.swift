import LinearAlgebra

/// One machine of an interior point: its point, and this rank's part of it row by row.
struct Machine {
    /// Numbers that the first meeting sums besides vectors.
    static let numbers = 6
    /// Vectors that it sums: Σ αyx̃ of either class, and Σ yDqx̃ of both parts of the right side.
    static let vectors = 4

    let shape: SmoothProblem.Shape
    /// Cᵢ.
    let costs: [Double]
    /// ω, then b.
    var weights: [Double]
    /// α, s, ξ and m of the rows.
    var alpha: [Double]
    var slack: [Double]
    var excess: [Double]
    var margin: [Double]
    /// The best ω so far, by P.
    var best: [Double]
    /// P of `best`.
    var primal = Double.infinity
    /// The largest D so far.
    var dual = -Double.infinity
    /// ‖ω − Σ αyx‖, the dual residual.
    var residualNorm = 0.0
    /// Steps in a row that were too short to matter.
    var shortSteps = 0
    /// Whether the curvature could not be factored.
    var isSingular = false

    // Of the step under way.
    var bends: [Double]
    var firstOrder: [Double] = []
    var centering: [Double] = []
    var secondOrder: [Double]
    var productSlack: [Double]
    var productExcess: [Double]
    var moves: RowMoves
    var direction: [Double]
    var right: [Double] = []
    var rightCenter: [Double] = []
    var factor: CholeskyFactor?
    var complement = 0.0
    var pairs = 1.0
    var target = 0.0

    init(rows: SolverRows, shape: SmoothProblem.Shape) {
        self.shape = shape
        let count = rows.count
        costs = (0..<count).map { shape.factor * rows.weight($0) }
        let zeros = [Double](repeating: 0, count: count)
        weights = [Double](repeating: 0, count: shape.order)
        best = weights
        direction = weights
        alpha = costs.map { $0 / 2 }
        slack = [Double](repeating: 1, count: count)
        excess = [Double](repeating: 2, count: count)
        margin = zeros
        bends = zeros
        secondOrder = zeros
        productSlack = zeros
        productExcess = zeros
        moves = RowMoves(count: count)
    }

    /// Whether the gap is within `tolerance` of P.
    func isDone(_ tolerance: Double) -> Bool {
        primal.isFinite && primal - dual <= tolerance * primal
    }

    /// Whether the arithmetic goes no further: what is left of the gap lies below P's digits.
    var isStuck: Bool { shortSteps >= 5 || isSingular || complement <= 1e-15 * primal }

    /// λ of one weight: 1, and 0 for a free b.
    private func penalty(_ index: Int) -> Double {
        index < shape.columns ? shape.penalty : shape.biasPenalty
    }

    /// q of the present point: what Δα would be without Δω, over D, and its part that centers.
    private func rightSides(_ row: Int) -> (bend: Double, plain: Double, center: Double) {
        let mu = costs[row] - alpha[row]
        let bend = 1 / (excess[row] / mu + slack[row] / alpha[row])
        let infeasible = margin[row] + excess[row] - slack[row] - 1
        return (bend, excess[row] - slack[row] - infeasible, 1 / alpha[row] - 1 / mu)
    }

    mutating func gather(
        _ batch: Batch,
        _ start: Int,
        sign: (Int) -> Double,
        into sums: inout RowSums
    ) {
        let count = batch.rows
        var factors = [Double](repeating: 0, count: Machine.vectors * count)
        for place in 0..<count {
            let row = start + place
            guard costs[row] > 0 else { continue }
            let (y, side) = (sign(row), rightSides(row))
            bends[row] = side.bend
            let isPositive = y > 0
            factors[(isPositive ? 0 : count) + place] = y * alpha[row]
            factors[2 * count + place] = y * side.bend * side.plain
            factors[3 * count + place] = y * side.bend * side.center
            let short = 1 - margin[row]
            if short > 0 { sums.numbers[0] += costs[row] * short }
            sums.numbers[isPositive ? 1 : 2] += alpha[row]
            sums.numbers[3] += alpha[row] * slack[row] + (costs[row] - alpha[row]) * excess[row]
            sums.numbers[4] += 2
        }
        sums.add(factors, batch)
    }

    func add(_ batch: Batch, _ start: Int, to gram: GramSum) {
        bends.withUnsafeBufferPointer { bends in
            if let base = bends.baseAddress { gram.add(batch, weights: base + start) }
        }
    }

    /// Takes the sums of all ranks at the present point.
    mutating func take(_ total: ArraySlice<Double>) {
        let numbers = Array(total.prefix(Machine.numbers))
        let order = shape.order
        func vector(_ index: Int) -> ArraySlice<Double> {
            total.dropFirst(Machine.numbers + index * order).prefix(order)
        }
        let (positive, negative) = (Array(vector(0)), Array(vector(1)))
        judge(numbers, positive, negative)
        right = Array(vector(2))
        rightCenter = Array(vector(3))
        var square = 0.0
        for index in 0..<order {
            let held = penalty(index) * weights[index]
            let residual = held - positive[index] - negative[index]
            right[index] -= residual
            square += residual * residual
        }
        residualNorm = square.squareRoot()
        (complement, pairs) = (numbers[3], Swift.max(1, numbers[4]))
        var matrix = PackedMatrix(
            order: order,
            elements: Array(total.dropFirst(Machine.numbers + Machine.vectors * order))
        )
        for index in 0..<order { matrix.elements[matrix.diagonal(index)] += penalty(index) }
        factor = matrix.factor()
        if factor == nil {
            let largest = (0..<order).map { matrix.elements[matrix.diagonal($0)] }.max() ?? 1
            factor = matrix.factor(ridge: 1e-12 * largest)
        }
        isSingular = factor == nil
    }

    /// P at ω and D at α; where b is free, the α of one class shrink until Σ αy = 0.
    private mutating func judge(_ numbers: [Double], _ positive: [Double], _ negative: [Double]) {
        var norm = 0.0
        for index in 0..<shape.order { norm += penalty(index) * weights[index] * weights[index] }
        let value = norm / 2 + numbers[0]
        if value < primal { (primal, best) = (value, weights) }
        var (share, other) = (1.0, 1.0)
        if shape.hasFreeBias, numbers[1] > 0, numbers[2] > 0 {
            share = Swift.min(1, numbers[2] / numbers[1])
            other = Swift.min(1, numbers[1] / numbers[2])
        } else if shape.hasFreeBias {
            (share, other) = (0, 0)
        }
        var square = 0.0
        for index in 0..<shape.order where penalty(index) > 0 {
            let sum = share * positive[index] + other * negative[index]
            square += sum * sum / penalty(index)
        }
        dual = Swift.max(dual, share * numbers[1] + other * numbers[2] - square / 2)
    }

    mutating func solvePredictor() {
        direction = right
        factor?.solve(&direction)
    }

    /// Writes the predictor's effect on the rows; sums its reach, and what the corrector needs.
    mutating func predict(
        _ batch: Batch,
        _ start: Int,
        sign: (Int) -> Double,
        into sums: inout RowSums
    ) {
        var factors = moves.scores(of: batch, along: direction, shape)
        for place in 0..<batch.rows {
            let row = start + place
            guard costs[row] > 0 else {
                factors[place] = 0
                continue
            }
            let y = sign(row)
            let mu = costs[row] - alpha[row]
            let plain = rightSides(row).plain
            let change = bends[row] * (plain - y * factors[place])
            let slackChange = -slack[row] - slack[row] * change / alpha[row]
            let excessChange = -excess[row] + excess[row] * change / mu
            sums.numbers[0] = Swift.min(
                sums.numbers[0],
                reach(row, change, slackChange, excessChange)
            )
            sums.numbers[1] +=
                alpha[row] * slackChange + slack[row] * change + mu * excessChange
                - excess[row] * change
            productSlack[row] = change * slackChange
            productExcess[row] = change * excessChange
            sums.numbers[2] += productSlack[row] - productExcess[row]
            secondOrder[row] = -productExcess[row] / mu - productSlack[row] / alpha[row]
            factors[place] = y * bends[row] * secondOrder[row]
        }
        sums.add(factors, batch)
    }

    /// How far a row's numbers may go, 1 at most, before one of them is 0.
    private func reach(
        _ row: Int,
        _ change: Double,
        _ slackChange: Double,
        _ excessChange: Double
    ) -> Double {
        var length = 1.0
        if slackChange < 0 { length = Swift.min(length, -slack[row] / slackChange) }
        if excessChange < 0 { length = Swift.min(length, -excess[row] / excessChange) }
        if change < 0 { length = Swift.min(length, -alpha[row] / change) }
        if change > 0 { length = Swift.min(length, (costs[row] - alpha[row]) / change) }
        return length
    }

    /// Chooses how much to center by how far the predictor goes, and solves for the step.
    ///
    /// Shapes: `total`: the linear and the quadratic part of Σ αs + μξ along the predictor, a
    /// number that is not used, and the corrector's right side (order).
    mutating func solveCorrector(_ total: [Double], length: Double) {
        let ahead = complement + length * total[0] + length * length * total[1]
        let share = Swift.max(0, ahead) / complement
        target = share * share * share * complement / pairs
        for index in 0..<shape.order {
            direction[index] = right[index] + target * rightCenter[index] + total[3 + index]
        }
        factor?.solve(&direction)
    }

    /// Writes the step of the rows and returns how far it may go.
    mutating func correct(_ batch: Batch, _ start: Int, sign: (Int) -> Double) -> Double {
        let scores = moves.scores(of: batch, along: direction, shape)
        var length = 1.0
        for place in 0..<batch.rows {
            let row = start + place
            guard costs[row] > 0 else { continue }
            let (y, mu) = (sign(row), costs[row] - alpha[row])
            let side = rightSides(row)
            let marginChange = y * scores[place]
            let wanted = side.plain + target * side.center + secondOrder[row]
            let change = bends[row] * (wanted - marginChange)
            let slackChange =
                (target - productSlack[row] - slack[row] * change) / alpha[row] - slack[row]
            let excessChange =
                (target + productExcess[row] + excess[row] * change) / mu - excess[row]
            length = Swift.min(length, reach(row, change, slackChange, excessChange))
            moves.alpha[row] = change
            moves.slack[row] = slackChange
            moves.excess[row] = excessChange
            moves.margin[row] = marginChange
        }
        return length
    }

    /// Goes 0.995 of the way to where the first number would be 0.
    mutating func move(by reach: Double) {
        let length = reach < 1 ? 0.995 * reach : 1
        shortSteps = length < 1e-6 ? shortSteps + 1 : 0
        axpy(length, direction, into: &weights)
        axpy(length, moves.alpha, into: &alpha)
        axpy(length, moves.slack, into: &slack)
        axpy(length, moves.excess, into: &excess)
        axpy(length, moves.margin, into: &margin)
    }
}

/// A step of this rank's rows.
struct RowMoves {
    var alpha: [Double]
    var slack: [Double]
    var excess: [Double]
    var margin: [Double]

    init(count: Int) {
        alpha = [Double](repeating: 0, count: count)
        slack = alpha
        excess = alpha
        margin = alpha
    }

    /// Δω·x + Δb·s of every row.
    func scores(
        of batch: Batch,
        along direction: [Double],
        _ shape: SmoothProblem.Shape
    ) -> [Double] {
        var scores = [Double](repeating: 0, count: batch.rows)
        multiply(batch, byTransposed: direction, outputs: 1, into: &scores)
        guard let bias = shape.bias else { return scores }
        let constant = bias * direction[shape.columns]
        for row in scores.indices { scores[row] += constant }
        return scores
    }
}
