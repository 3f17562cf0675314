import LinearAlgebra

/// Linear support vector machines with hinge loss, by an interior point over all ranks' rows.
///
///     min  ½‖ω‖² + Σ Cᵢξᵢ    with  mᵢ + ξᵢ − sᵢ = 1,  ξ, s ≥ 0,   mᵢ = yᵢ(ω·xᵢ + b)
///     max  Σ αᵢ − ½‖Σ αᵢyᵢxᵢ‖²  with  0 ≤ α ≤ C, and Σ αᵢyᵢ = 0 where b is free
///
/// Mehrotra's predictor and corrector with ω explicit. What splits over ranks are sums over rows:
/// X̃ᵀDX̃ (packed), four vectors of the columns' length, a few numbers. Three meetings an
/// iteration: the sums, the predictor's effect, the length of the step. One machine for each
/// output; all go in step, so several classes meet no more often than one.
///
/// Some 13 to 25 iterations give a certified gap of 1e-4, whatever C is. Sums are in Double: those
/// of Float do not converge.
/// Sources: Mehrotra, SIAM J. Optim. 2, 1992; Ferris & Munson, "Interior-point methods for massive
/// support vector machines", SIAM J. Optim. 13, 2002.
public final class InteriorPoint {
    /// What does not change on the way; `factor` is C, and the penalties are 1 or, of a free b, 0.
    public let shape: SmoothProblem.Shape
    let rows: SolverRows
    let shared: SharedSums
    /// One machine an output.
    var machines: [Machine]
    /// Iterations so far.
    public internal(set) var iterations = 0
    /// (P − D)/P at most.
    public let tolerance: Double
    private let gram: GramSum

    /// A search from ω = 0.
    public init(
        _ shape: SmoothProblem.Shape,
        rows: SolverRows,
        shared: SharedSums,
        tolerance: Double
    ) throws(LearningError) {
        self.shape = shape
        self.rows = rows
        self.shared = shared
        self.tolerance = tolerance
        let labels = try rows.labels()
        gram = GramSum(
            columns: shape.columns,
            bias: shape.bias,
            isSparse: rows.isSparse,
            isSingle: false
        )
        machines = []
        for k in 0..<shape.outputs {
            let signs = labels.map {
                RowLoss.sign(of: k, outputs: shape.outputs, label: Double($0))
            }
            machines.append(Machine(rows: rows, shape: shape, signs: signs))
        }
    }

    /// Whether X̃ᵀDX̃ is small enough to be summed and factored whole.
    public static func canSolve(_ shape: SmoothProblem.Shape) -> Bool {
        shape.order <= 1280 && shape.outputs * PackedMatrix.count(order: shape.order) <= 1 << 23
    }

    /// θ, as `SmoothProblem` lays it out: the best so far of each machine.
    public var parameters: [Double] {
        var parameters = [Double](repeating: 0, count: shape.parameterCount)
        for (k, machine) in machines.enumerated() {
            for column in 0..<shape.columns {
                parameters[k * shape.columns + column] = machine.best[column]
            }
            if shape.bias != nil { parameters[shape.weightCount + k] = machine.best[shape.columns] }
        }
        return parameters
    }

    /// Where the search stands, over all machines together; nil before the first iteration.
    public var report: SolverReport? {
        guard machines.allSatisfy({ $0.primal.isFinite }) else { return nil }
        let primal = machines.reduce(0) { $0 + $1.primal }
        let dual = machines.reduce(0) { $0 + $1.dual }
        return SolverReport(
            value: primal,
            gap: primal > 0 ? Swift.max(0, primal - dual) / primal : 0,
            dual: dual,
            gradientNorm: machines.reduce(0) { $0 + $1.residualNorm },
            iterations: iterations,
            products: 0
        )
    }

    /// Takes one step, or finds that none is needed.
    ///
    /// Nothing has changed since the last step when it returns another verdict than `moved`, but
    /// for what is known of the gap.
    public func advance() throws(LearningError) -> SolverVerdict {
        let open = machines.indices.filter { !machines[$0].isDone(tolerance) }
        try gather(open)
        guard machines.allSatisfy({ $0.primal.isFinite }) else { return .diverged }
        let left = open.filter { !machines[$0].isDone(tolerance) && !machines[$0].isStuck }
        guard !left.isEmpty else {
            return machines.allSatisfy { $0.isDone(tolerance) } ? .converged : .exhausted
        }
        try predict(left)
        try correct(left)
        iterations += 1
        return .moved
    }

    /// First meeting: the curvature and everything that the rows say of the present point.
    private func gather(_ open: [Int]) throws(LearningError) {
        guard !open.isEmpty else { return }
        let vectors = Machine.vectors * shape.order
        let packed = PackedMatrix.count(order: shape.order)
        let size = Machine.numbers + vectors + packed
        var total = [Double](repeating: 0, count: open.count * size)
        for (place, k) in open.enumerated() {
            gram.clear()
            var sums = RowSums(shape, vectors: Machine.vectors)
            try rows.forEachBlock { batch, start in
                machines[k].gather(batch, start, into: &sums)
                machines[k].add(batch, start, to: gram)
            }
            let base = place * size
            total.replaceSubrange(base..<base + Machine.numbers + vectors, with: sums.all)
            total.withUnsafeMutableBufferPointer { total in
                guard let first = total.baseAddress else { return }
                gram.addPacked(to: first + base + Machine.numbers + vectors)
            }
        }
        try shared.sum(&total)
        for (place, k) in open.enumerated() {
            machines[k].take(total[place * size..<(place + 1) * size])
        }
    }

    /// Second meeting: how far the predictor may go, and what the corrector needs of it.
    private func predict(_ open: [Int]) throws(LearningError) {
        let size = shared.worldSize + 3 + shape.order
        var total = [Double](repeating: 0, count: open.count * size)
        for (place, k) in open.enumerated() {
            machines[k].solvePredictor()
            var sums = RowSums(shape, vectors: 1)
            try rows.forEachBlock { batch, start in
                machines[k].predict(batch, start, into: &sums)
            }
            let base = place * size
            total[base + shared.rank] = sums.numbers[0]
            for index in 0..<3 { total[base + shared.worldSize + index] = sums.numbers[1 + index] }
            let first = base + shared.worldSize + 3
            total.replaceSubrange(first..<first + shape.order, with: sums.vectors)
        }
        try shared.sum(&total)
        for (place, k) in open.enumerated() {
            let part = total[place * size..<(place + 1) * size]
            let length = part.prefix(shared.worldSize).min() ?? 0
            machines[k].solveCorrector(Array(part.dropFirst(shared.worldSize)), length: length)
        }
    }

    /// Third meeting: how far all may go together.
    private func correct(_ open: [Int]) throws(LearningError) {
        var total = [Double](repeating: 0, count: open.count * shared.worldSize)
        for (place, k) in open.enumerated() {
            var length = 1.0
            try rows.forEachBlock { batch, start in
                length = Swift.min(length, machines[k].correct(batch, start))
            }
            total[place * shared.worldSize + shared.rank] = length
        }
        try shared.sum(&total)
        for (place, k) in open.enumerated() {
            let first = place * shared.worldSize
            let length = total[first..<first + shared.worldSize].min() ?? 0
            machines[k].move(by: length)
        }
    }
}

/// Numbers and vectors of the columns' length, summed over rows.
struct RowSums {
    let shape: SmoothProblem.Shape
    let count: Int
    var numbers: [Double]
    /// (count, order).
    var vectors: [Double]
    /// (columns, 4): sums over sparse rows of four vectors, whose elements then lie side by side.
    private var four: [Double] = []

    init(_ shape: SmoothProblem.Shape, vectors count: Int) {
        self.shape = shape
        self.count = count
        numbers = [Double](repeating: 0, count: Machine.numbers)
        if count == 1 { numbers[0] = 1 }
        vectors = [Double](repeating: 0, count: count * shape.order)
    }

    var all: [Double] {
        guard !four.isEmpty else { return numbers + vectors }
        var vectors = vectors
        for column in 0..<shape.columns {
            for k in 0..<4 { vectors[k * shape.order + column] += four[4 * column + k] }
        }
        return numbers + vectors
    }

    /// Adds Σ fᵢ·x̃ᵢ for each of the vectors.
    ///
    /// Shapes: `factors` (count, rows).
    mutating func add(_ factors: UnsafePointer<Double>, _ batch: Batch) {
        let (order, columns, rows) = (shape.order, shape.columns, batch.rows)
        for index in 0..<count where shape.bias != nil {
            var sum = 0.0
            for row in 0..<rows { sum += factors[index * rows + row] }
            vectors[index * order + columns] += (shape.bias ?? 0) * sum
        }
        if count == 4, batch.isSparse {
            if four.isEmpty { four = [Double](repeating: 0, count: 4 * columns) }
            return addProducts(ofFour: factors, and: batch, into: &four)
        }
        vectors.withUnsafeMutableBufferPointer { vectors in
            guard let base = vectors.baseAddress else { return }
            for index in 0..<count {
                let (part, target) = (factors + index * rows, base + index * order)
                addProduct(ofTransposed: part, outputs: 1, and: batch, into: target)
            }
        }
    }
}
