public import LinearAlgebra

/// What is minimised, over the rows of all ranks.
///
///     P(θ) = f · Σᵢ cᵢ·ℓ(zᵢ) + ½ Σⱼ λⱼθⱼ²,    zᵢ = W·xᵢ + b·s
///
/// θ is W (outputs, columns) row-major, then b (outputs) unless there is no bias; s is the value of
/// the constant column; f is one over the number of rows, or the C of a support vector machine.
/// All parameters and sums are Double. Every call is one meeting of the ranks.
public final class SmoothProblem {
    /// What does not change on the way.
    public struct Shape: Equatable, Sendable {
        /// Number of scores of a row.
        public var outputs: Int
        /// Number of feature columns.
        public var columns: Int
        /// Value of the constant column; nil for no bias.
        public var bias: Double?
        /// λ of each weight.
        public var penalty: Double
        /// λ of each bias; 0 for a free one.
        public var biasPenalty: Double
        /// f.
        public var factor: Double

        /// A shape with all its fields.
        public init(
            outputs: Int,
            columns: Int,
            bias: Double?,
            penalty: Double,
            biasPenalty: Double = 0,
            factor: Double
        ) {
            self.outputs = outputs
            self.columns = columns
            self.bias = bias
            self.penalty = penalty
            self.biasPenalty = biasPenalty
            self.factor = factor
        }

        /// Number of weights, biases not counted.
        public var weightCount: Int { outputs * columns }
        /// Length p of θ.
        public var parameterCount: Int { weightCount + (bias == nil ? 0 : outputs) }
        /// Rows of each output's block of the Hessian.
        public var order: Int { columns + (bias == nil ? 0 : 1) }
        /// Whether there is a bias that no penalty holds.
        public var hasFreeBias: Bool { bias != nil && biasPenalty == 0 }
        /// Whether every parameter but a free bias is penalised, so that P − P* has a bound.
        public var isBounded: Bool { penalty > 0 }

        /// λ of one parameter.
        public func penalty(of index: Int) -> Double {
            index < weightCount ? penalty : biasPenalty
        }
    }

    /// What one look at a point gives.
    public struct Evaluation: Equatable, Sendable {
        /// P(θ).
        public var value: Double
        /// ∇P(θ).
        public var gradient: [Double]
        /// The same without the penalty's part.
        public var lossGradient: [Double]
        /// f·Σ c·ℓ, and of the loss that is meant where ℓ is a smoothed one.
        public var loss: Double
        /// f·Σ of the loss that is meant.
        public var exactLoss: Double
        /// f·Σ of the linear part of the dual, where rows have multipliers.
        public var dual: Double
    }

    /// What does not change on the way.
    public let shape: Shape
    let rows: SolverRows
    let shared: SharedSums
    /// ℓ; the stiffness of a smoothed one changes between searches.
    public var loss: RowLoss
    /// Whether products with the Hessian may be made in Float, where that is faster.
    var isNarrow = true
    /// Whether they are.
    var hasNarrowProducts: Bool { isNarrow && !rows.isSparse && shape.outputs > 1 }
    /// z of the last look, (rows, outputs).
    var scores: [Double]
    /// r = ∂ℓ/∂z there, times c.
    var residuals: [Double]
    /// q there, times c.
    var curvature: [Double]
    /// α, where the loss has multipliers.
    var multipliers: [Double] = []
    /// Class or value of each row.
    let labels: [Float]

    /// A problem on this rank's `rows`; reads the labels once.
    public init(
        _ shape: Shape,
        loss: RowLoss,
        rows: SolverRows,
        shared: SharedSums
    ) throws(LearningError) {
        precondition(rows.columns == shape.columns, "\(rows.columns) columns")
        self.shape = shape
        self.loss = loss
        self.rows = rows
        self.shared = shared
        let count = rows.count * shape.outputs
        scores = [Double](repeating: 0, count: count)
        residuals = scores
        curvature = scores
        labels = try rows.labels()
    }

    /// P and ∇P at `parameters`; keeps scores and curvature for what follows.
    ///
    /// Shapes: `parameters` (p). With `grams`, which belong to the outputs in order, the curvature
    /// of the rows is added to them on the way and summed as well; then one meeting does for both.
    public func evaluate(
        at parameters: [Double],
        grams: [GramSum] = []
    ) throws(LearningError) -> (Evaluation, [PackedMatrix]) {
        precondition(parameters.count == shape.parameterCount, "\(parameters.count) parameters")
        let count = shape.parameterCount
        var sums = LossSums()
        var total = [Double](repeating: 0, count: count)
        for gram in grams { gram.clear() }
        try rows.forEachBlock { batch, start in
            score(batch, start, at: parameters, into: &scores)
            take(batch.rows, from: start, &sums)
            addTransposed(residuals, batch, start, into: &total)
            add(batch, start, to: grams)
        }
        total.append(contentsOf: [sums.value, sums.exact, sums.dual])
        append(grams, to: &total)
        try shared.sum(&total)
        let matrices = matrices(in: total, from: count + 3, count: grams.count)
        return (evaluation(at: parameters, total), matrices)
    }

    private func evaluation(at parameters: [Double], _ total: [Double]) -> Evaluation {
        let count = shape.parameterCount
        var lossGradient = [Double](repeating: 0, count: count)
        var gradient = lossGradient
        var penalty = 0.0
        for index in 0..<count {
            lossGradient[index] = shape.factor * total[index]
            let pull = shape.penalty(of: index) * parameters[index]
            gradient[index] = lossGradient[index] + pull
            penalty += pull * parameters[index] / 2
        }
        let value = shape.factor * total[count]
        return Evaluation(
            value: value + penalty,
            gradient: gradient,
            lossGradient: lossGradient,
            loss: value,
            exactLoss: loss.isSmoothed ? shape.factor * total[count + 1] : value,
            dual: shape.factor * total[count + 2]
        )
    }

    /// The curvature of the rows at the last look, summed for every output.
    public func curvatureMatrices(_ grams: [GramSum]) throws(LearningError) -> [PackedMatrix] {
        for gram in grams { gram.clear() }
        try rows.forEachBlock { batch, start in add(batch, start, to: grams) }
        var total: [Double] = []
        append(grams, to: &total)
        try shared.sum(&total)
        return matrices(in: total, from: 0, count: grams.count)
    }

    /// ∇²P·v at the last look.
    ///
    /// Shapes: `vector` v and the result (p).
    public func product(with vector: [Double]) throws(LearningError) -> [Double] {
        let outputs = shape.outputs
        var total = [Double](repeating: 0, count: shape.parameterCount)
        if hasNarrowProducts {
            let narrow = NarrowProduct(shape)
            try narrow.add(vector, loss, curvature, rows, into: &total)
        } else {
            var bent = [Double](repeating: 0, count: rows.blockRows * outputs)
            try rows.forEachBlock { batch, start in
                score(batch, 0, at: vector, into: &bent)
                bend(&bent, batch.rows, from: start)
                addTransposed(bent, batch, 0, into: &total)
            }
        }
        try shared.sum(&total)
        for index in total.indices {
            total[index] = shape.factor * total[index] + shape.penalty(of: index) * vector[index]
        }
        return total
    }

    /// P at θ + t·p for each of `steps`, from the scores of the last two looks alone.
    ///
    /// `old` are the scores at θ; those kept are at θ + p. Shapes: `parameters` and `direction`
    /// (p).
    func values(
        along steps: [Double],
        from old: [Double],
        parameters: [Double],
        direction: [Double]
    ) throws(LearningError) -> [Double] {
        var total: [Double] = []
        let outputs = shape.outputs
        var trial = old
        for step in steps {
            for index in trial.indices {
                trial[index] = old[index] + step * (scores[index] - old[index])
            }
            var sums = LossSums()
            var room = [Double](repeating: 0, count: 2 * outputs)
            for row in 0..<rows.count {
                takeRow(row, at: trial, from: row * outputs, room: &room, &sums)
            }
            total.append(sums.value)
        }
        try shared.sum(&total)
        for (index, step) in steps.enumerated() {
            var penalty = 0.0
            for place in parameters.indices {
                let moved = parameters[place] + step * direction[place]
                penalty += shape.penalty(of: place) * moved * moved / 2
            }
            total[index] = shape.factor * total[index] + penalty
        }
        return total
    }
}
