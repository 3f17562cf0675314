import Domain
import Glibc

/// Probabilities for the pairs of a kernel machine: Platt's sigmoids over decision values of rows
/// that the machine in question did not see.
///
/// The rows of each class are dealt to five folds. For each pair and fold a machine is searched
/// for in which the rows of the fold may not move: v of them then gives their decision values, and
/// rows of the kernel matrix serve all folds.
///
/// Source: Lin, Lin & Weng, "A note on Platt's probabilistic outputs for support vector machines",
/// Machine Learning 68, 2007; the folds as in LIBSVM.
public final class PlattFit {
    private let data: KernelData
    private let plan: KernelPlan
    private let meeting: KernelMeeting
    private let known: KnownRows
    private let cache: KernelCache
    private let blocks: KernelBlocks
    private let pairs: [ClassPair]
    /// The fold of each row.
    private let folds: [Int]
    private let rowsMax: Int
    private var fold = 0
    private var search: PairSearch?
    /// Decision values of this rank's rows of the pair in hand.
    private var decisions: [Double] = []
    private var sigmoids: [Sigmoid] = []
    /// Blocks solved.
    public private(set) var blocksDone = 0

    /// Folds over this rank's rows; all ranks make theirs together.
    public init(
        _ data: KernelData,
        _ plan: KernelPlan,
        meeting: KernelMeeting
    ) throws(LearningError) {
        (self.data, self.plan, self.meeting) = (data, plan, meeting)
        known = KnownRows(columns: data.rows.columns, isSparse: data.rows.isSparse)
        cache = KernelCache(bytesMax: plan.cacheBytes)
        blocks = KernelBlocks(plan.function)
        pairs = ClassPair.all(data.classes)
        var folds = [Int](repeating: 0, count: data.count)
        for number in 0..<data.classes {
            let range = data.range(number)
            var generator = SeededGenerator(
                seed: plan.seed,
                0x706C_6174,
                UInt64(meeting.rank),
                UInt64(number)
            )
            for (place, row) in range.shuffled(using: &generator).enumerated() {
                folds[row] = (place + meeting.rank) % foldCount
            }
        }
        self.folds = folds
        let most = pairs.map { data.pairCount($0) }.max() ?? 1
        rowsMax = try meeting.largest(most)
    }

    /// Solves one block of one fold; `converged` once every pair has its sigmoid.
    public func advance() throws(LearningError) -> SolverVerdict {
        guard sigmoids.count < pairs.count else { return .converged }
        let search = search ?? makeSearch(pairs[sigmoids.count])
        self.search = search
        let before = search.blocksDone
        let verdict = try search.advance()
        blocksDone += search.blocksDone - before
        guard verdict != .moved else { return .moved }
        if search.narrow != nil { try search.widen() }
        let rho = try search.result().rho
        let window = search.whole
        if decisions.isEmpty { decisions = [Double](repeating: 0, count: window.count) }
        for t in 0..<window.count where window.isOut[t] {
            decisions[t] = (window.isFirst(t) ? 1 : -1) - window.v[t] - rho
        }
        self.search = nil
        fold += 1
        if fold == foldCount { try closePair(firsts: window.firsts) }
        return sigmoids.count == pairs.count ? .converged : .moved
    }

    private func makeSearch(_ pair: ClassPair) -> PairSearch {
        let window = data.window(pair, costs: plan.costs, cache: cache)
        window.isOut = (0..<window.count).map { folds[window.row($0)] == fold }
        let options = plan.options(rowsMax: rowsMax)
        return PairSearch(window, options, blocks: blocks, meeting: meeting, known: known)
    }

    /// Fits the sigmoid of a pair to the decision values of all ranks; rank 0's counts.
    private func closePair(firsts: Int) throws(LearningError) {
        var writer = PieceWriter()
        writer.write(Array(decisions.prefix(firsts)))
        writer.write(Array(decisions.dropFirst(firsts)))
        var (first, second): ([Double], [Double]) = ([], [])
        for var reader in try meeting.gather(writer.bytes) {
            first += try reader.finite()
            second += try reader.finite()
            try reader.finish()
        }
        writer = PieceWriter()
        if meeting.rank == 0 {
            let sigmoid = Sigmoid(first: first, second: second)
            writer.write([sigmoid.a, sigmoid.b])
        }
        var readers = try meeting.gather(writer.bytes)
        let numbers = try readers[0].finite(2)
        sigmoids.append(Sigmoid(a: numbers[0], b: numbers[1]))
        (decisions, fold) = ([], 0)
    }

    /// Gives a machine the sigmoids of its pairs.
    public func complete(_ machine: inout KernelMachine) {
        guard sigmoids.count == pairs.count, !machine.shape.hasProbabilities else { return }
        machine.shape.hasProbabilities = true
        machine.words += sigmoids.map { Float($0.a) } + sigmoids.map { Float($0.b) }
    }
}

/// P(first of the pair) = 1 / (1 + exp(a·f + b)).
public struct Sigmoid: Equatable, Sendable {
    /// The factor of the decision value.
    public var a: Double
    /// What is added to it.
    public var b: Double

    init(a: Double, b: Double) { (self.a, self.b) = (a, b) }

    /// The most likely sigmoid for decision values of both classes, with targets that are a little
    /// less than sure: Newton's method with a line search.
    public init(first: [Double], second: [Double]) {
        let (positives, negatives) = (Double(first.count), Double(second.count))
        let values = first + second
        let targets =
            first.map { _ in (positives + 1) / (positives + 2) }
            + second.map { _ in 1 / (negatives + 2) }
        (a, b) = (0, log((negatives + 1) / (positives + 1)))
        var value = Sigmoid.loss(a, b, values, targets)
        for _ in 0..<100 {
            let (gradient, hessian) = Sigmoid.slopes(a, b, values, targets)
            if abs(gradient.0) < 1e-5, abs(gradient.1) < 1e-5 { break }
            let determinant = hessian.0 * hessian.1 - hessian.2 * hessian.2
            let step = (
                -(hessian.1 * gradient.0 - hessian.2 * gradient.1) / determinant,
                -(hessian.0 * gradient.1 - hessian.2 * gradient.0) / determinant
            )
            let slope = gradient.0 * step.0 + gradient.1 * step.1
            var length = 1.0
            while length >= 1e-10 {
                let next = (a + length * step.0, b + length * step.1)
                let found = Sigmoid.loss(next.0, next.1, values, targets)
                if found < value + 1e-4 * length * slope {
                    (a, b, value) = (next.0, next.1, found)
                    break
                }
                length /= 2
            }
            if length < 1e-10 { break }
        }
    }

    private static func loss(
        _ a: Double,
        _ b: Double,
        _ values: [Double],
        _ targets: [Double]
    ) -> Double {
        zip(values, targets).reduce(0) { sum, row in
            let exponent = row.0 * a + b
            return exponent >= 0
                ? sum + row.1 * exponent + log1p(exp(-exponent))
                : sum + (row.1 - 1) * exponent + log1p(exp(exponent))
        }
    }

    /// The gradient, and the Hessian as ∂²a, ∂²b, ∂a∂b with a little on its diagonal.
    private static func slopes(
        _ a: Double,
        _ b: Double,
        _ values: [Double],
        _ targets: [Double]
    ) -> (gradient: (Double, Double), hessian: (Double, Double, Double)) {
        var gradient = (0.0, 0.0)
        var hessian = (1e-12, 1e-12, 0.0)
        for (value, target) in zip(values, targets) {
            let exponent = value * a + b
            let tail = exp(-abs(exponent))
            let p = exponent >= 0 ? tail / (1 + tail) : 1 / (1 + tail)
            let bend = p * (1 - p)
            hessian.0 += value * value * bend
            hessian.1 += bend
            hessian.2 += value * bend
            gradient.0 += value * (target - p)
            gradient.1 += target - p
        }
        return (gradient, hessian)
    }
}

private let foldCount = 5
