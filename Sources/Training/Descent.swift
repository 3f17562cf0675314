import Domain
import Learning
import LinearAlgebra

/// What travels behind the gradient, so that all ranks decide alike: sums over the ranks.
struct StepTail {
    /// Σ loss over the rows of the step.
    var loss: Float = 0
    /// Ranks that were asked to stop.
    var stops: Float = 0
    /// 1 where rank 0 sees the time limit passed.
    var isOutOfTime: Float = 0
    /// 1 where rank 0 wants a checkpoint after this step.
    var wantsSave: Float = 0

    static let count = 4

    init() {}

    init(_ vector: borrowing Vector, at index: Int) {
        loss = vector[index]
        stops = vector[index + 1]
        isOutOfTime = vector[index + 2]
        wantsSave = vector[index + 3]
    }

    func write(to vector: inout Vector, at index: Int) {
        vector[index] = loss
        vector[index + 1] = stops
        vector[index + 2] = isOutOfTime
        vector[index + 3] = wantsSave
    }
}

/// One step as the trainer asks for it.
struct StepOrder {
    /// Numbers of this rank's rows, possibly none.
    var numbers: ArraySlice<Int32>
    /// Those of the next step, where they are known.
    var following: ArraySlice<Int32>
    /// Rows of all ranks.
    var rows: Int
    /// Learning rate.
    var rate: Float
    /// What decides which values dropout leaves out.
    var seed: StepSeed
    /// Everything but the loss.
    var tail: StepTail
    /// Whether the gradient is held back until all of it has been computed, to see how long that
    /// takes.
    var isHeldBack: Bool
    /// Whether the ranks must agree after this step, whatever `--sync-every` says.
    var isLast: Bool
}

/// What came of a step.
enum StepResult {
    /// Something was not finite; nothing is to be gone on with.
    case bad
    /// This rank went on alone.
    case alone
    /// All ranks hold the same parameters: sums since they last did, and the rows of all ranks.
    case agreed(StepTail, rows: Int)
}

/// Steps of SGD as one rank takes them: gradient, sum over the ranks, update.
///
///     gather rows → forward → tail → backward ──parts──► begin sums … finish sums → update
///
/// The sums of the last layers are under way while earlier layers are differentiated.
final class Descent {
    /// Where the steps lead.
    var search: Optimizer
    /// How much of the sums was hidden.
    private(set) var overlap = Overlap()
    let differentiator: any Differentiator
    let rows: ScaledRows
    let reducer: any Reducer
    /// Of a linear model over sparse rows; else nil.
    let centered: LinearModel?
    let clipNorm: Double?
    /// What is summed: gradient and tail, or where the ranks go on alone θ and moments and tail.
    var shared: Vector
    /// The gradient of a rank that goes on alone.
    var own: Vector
    /// Steps after which the ranks agree; nil where they sum every gradient.
    let syncEvery: Int?
    /// What a rank has done alone since.
    var alone = (steps: 0, rows: 0, ownRows: 0, tail: StepTail())
    private var open = 0..<0
    private var sums: [(token: Int, range: Range<Int>)] = []

    /// Steps of `search` on `rows`, as `spec` has them clipped and synchronised.
    init(
        _ search: consuming Optimizer,
        of differentiator: any Differentiator,
        on rows: ScaledRows,
        centered: LinearModel?,
        spec: RunSpec,
        with reducer: any Reducer
    ) throws(ReducerError) {
        self.search = search
        self.differentiator = differentiator
        self.rows = rows
        self.centered = rows.centering.isNone ? nil : centered
        clipNorm = spec.optimizer.clipNorm
        syncEvery = spec.optimizer.syncEvery.flatMap { $0 > 1 && reducer.worldSize > 1 ? $0 : nil }
        self.reducer = reducer
        let count = differentiator.parameterCount
        let vectors = syncEvery == nil ? 1 : self.search.vectorCount
        own = Vector(zeros: syncEvery == nil ? 0 : count)
        shared = try reducer.makeVector(count: vectors * count + StepTail.count)
    }

    /// Number of parameters.
    var count: Int { differentiator.parameterCount }

    /// Takes one step.
    func take(_ order: StepOrder) throws(LearningError) -> StepResult {
        guard syncEvery == nil else { return try takeAlone(order) }
        let waited = reducer.waiting.seconds
        try differentiate(order)
        if order.isHeldBack { try beginAll() }
        // The sums are under way: what this rank can do alone is done before it waits for them.
        if reducer.worldSize > 1, !order.isHeldBack {
            try LearningError.wrap { () throws(RowSourceError) in
                try rows.gatherAhead(order.following)
            }
        }
        var isGood = true
        if order.rows > 0 { search.begin() }
        for sum in sums {
            try LearningError.wrap { () throws(ReducerError) in try reducer.finishSum(sum.token) }
            isGood = isGood && isFinite(shared, in: sum.range)
            if isGood, !needsWhole { update(sum.range, by: shared, order) }
        }
        sums.removeAll(keepingCapacity: true)
        overlap.add(reducer.waiting.seconds - waited, isHeldBack: order.isHeldBack)
        guard isGood else { return .bad }
        if let centered { rows.centering.correct(&shared, of: centered) }
        if needsWhole { update(0..<count, by: shared, order) }
        if order.rows > 0 { search.end() }
        return .agreed(StepTail(shared, at: count), rows: order.rows)
    }

    /// Whether no part of a step can be taken before all of the gradient is there.
    private var needsWhole: Bool {
        centered != nil || clipNorm != nil || search.rule.isByLayer
    }

    private func update(_ range: Range<Int>, by gradient: borrowing Vector, _ order: StepOrder) {
        guard order.rows > 0 else { return }
        search.update(
            range.clamped(to: 0..<count),
            by: gradient,
            scale: Float(scale(of: gradient, rows: order.rows)),
            rate: order.rate
        )
    }

    /// One over the rows, and less where the mean gradient is longer than it may be.
    func scale(of gradient: borrowing Vector, rows: Int) -> Double {
        let mean = 1 / Double(rows)
        guard let clipNorm else { return mean }
        let norm = sumOfSquares(gradient, in: 0..<count).squareRoot() * mean
        return norm > clipNorm ? mean * (clipNorm / norm) : mean
    }

    private func differentiate(_ order: StepOrder) throws(LearningError) {
        open = count + StepTail.count..<count + StepTail.count
        try gather(order) { parameters, batch throws(ReducerError) in
            let loss = differentiator.loss(at: parameters, over: batch, step: order.seed)
            var tail = order.tail
            tail.loss = Float(loss)
            tail.write(to: &shared, at: count)
            try differentiator.writeGradient(at: parameters, over: batch, into: &shared) {
                gradient,
                part throws(ReducerError) in
                open = part.lowerBound..<open.upperBound
                guard open.count >= bucketElements || open.lowerBound == 0 else { return }
                let token = order.isHeldBack ? 0 : try reducer.beginSum(gradient, open)
                sums.append((token, open))
                open = open.lowerBound..<open.lowerBound
            }
        }
    }

    /// Gathers this rank's rows and hands them to `body` with the parameters that see them right.
    func gather(
        _ order: StepOrder,
        _ body: (borrowing Vector, Batch) throws(ReducerError) -> Void
    ) throws(LearningError) {
        try LearningError.wrap { () throws(RowSourceError) in try rows.gather(order.numbers) }
        try LearningError.wrap { () throws(ReducerError) in
            guard let centered else {
                return try rows.withGathered { batch throws(ReducerError) in
                    try body(search.parameters, batch)
                }
            }
            try rows.centering.withMoved(&search.parameters, of: centered) {
                moved throws(ReducerError) in
                try rows.withGathered { batch throws(ReducerError) in try body(moved, batch) }
            }
        }
    }

    private func beginAll() throws(LearningError) {
        try LearningError.wrap { () throws(ReducerError) in
            for index in sums.indices {
                sums[index].token = try reducer.beginSum(shared, sums[index].range)
            }
        }
    }
}

/// Least elements of one sum: 256 KiB, below which a sum costs what its messages cost.
private let bucketElements = 1 << 16

/// How long this rank waited for sums, with and without computing beside them.
struct Overlap {
    private var waited = [0.0, 0.0]
    private var steps = [0, 0]

    mutating func add(_ seconds: Double, isHeldBack: Bool) {
        waited[isHeldBack ? 1 : 0] += seconds
        steps[isHeldBack ? 1 : 0] += 1
    }

    /// Share of the time of the sums that nobody had to wait for; nil before both were seen.
    var hiddenShare: Double? {
        guard steps[0] > 0, steps[1] > 0, waited[1] > 0 else { return nil }
        let mean = waited[0] / Double(steps[0])
        return Swift.max(0, 1 - mean / (waited[1] / Double(steps[1])))
    }
}
