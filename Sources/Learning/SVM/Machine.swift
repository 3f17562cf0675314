import LinearAlgebra

/// One machine of an interior point: its point, and this rank's part of it row by row.
struct Machine {
    /// Numbers that the first meeting sums besides vectors.
    static let numbers = 6
    /// Vectors that it sums: Σ αyx̃ of either class, and Σ yDqx̃ of both parts of the right side.
    static let vectors = 4

    let shape: SmoothProblem.Shape
    /// What it holds of this rank's rows.
    let held: MachineRows
    /// ω, then b.
    var weights: [Double]
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
    var direction: [Double]
    var right: [Double] = []
    var rightCenter: [Double] = []
    var factor: CholeskyFactor?
    var complement = 0.0
    var pairs = 1.0
    var target = 0.0

    init(rows: SolverRows, shape: SmoothProblem.Shape, signs: [Double]) {
        self.shape = shape
        let costs = (0..<rows.count).map { shape.factor * rows.weight($0) }
        held = MachineRows(costs: costs, signs: signs)
        weights = [Double](repeating: 0, count: shape.order)
        best = weights
        direction = weights
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

    /// Adds what the rows of `batch`, from row `start` on, say of the present point.
    func gather(_ batch: Batch, _ start: Int, into sums: inout RowSums) {
        let capacity = Machine.vectors * batch.rows
        withUnsafeTemporaryAllocation(of: Double.self, capacity: capacity) { factors in
            guard let factors = factors.baseAddress else { return }
            held.gather(start, batch.rows, factors: factors, numbers: &sums.numbers)
            sums.add(factors, batch)
        }
    }

    /// Adds their curvature.
    func add(_ batch: Batch, _ start: Int, to gram: GramSum) {
        gram.add(batch, weights: held.bends + start)
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
    func predict(_ batch: Batch, _ start: Int, into sums: inout RowSums) {
        withScores(of: batch) { scores in
            held.predict(start, batch.rows, scores: scores, numbers: &sums.numbers)
            sums.add(scores, batch)
        }
    }

    /// Hands Δω·x + Δb·s of every row to `body`, which may write there.
    private func withScores(of batch: Batch, _ body: (UnsafeMutablePointer<Double>) -> Void) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: batch.rows) { scores in
            guard let scores = scores.baseAddress else { return }
            multiply(batch, byTransposed: direction, outputs: 1, into: scores)
            if let bias = shape.bias {
                let constant = bias * direction[shape.columns]
                for row in 0..<batch.rows { scores[row] += constant }
            }
            body(scores)
        }
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
    func correct(_ batch: Batch, _ start: Int) -> Double {
        var length = 1.0
        withScores(of: batch) { scores in
            length = held.correct(start, batch.rows, scores: scores, target: target)
        }
        return length
    }

    /// Goes 0.995 of the way to where the first number would be 0.
    mutating func move(by reach: Double) {
        let length = reach < 1 ? 0.995 * reach : 1
        shortSteps = length < 1e-6 ? shortSteps + 1 : 0
        axpy(length, direction, into: &weights)
        held.move(by: length)
    }
}
