import Domain
public import Learning
public import LinearAlgebra
import Wire

/// The data-parallel loop as one rank sees it.
///
/// Every rank computes sums over its rows, the reducer adds them, and all apply the same update:
/// parameters stay identical on all ranks to the last bit. What must be decided alike (the end, a
/// checkpoint, a time limit) travels with the sums.
///
/// Life of a run: split the rows → settle the choices → scale the columns → steps until the stop
/// rule, a limit, a wish to stop or divergence → measure the finished model on all rows.
public final class Trainer {
    let task: TrainingTask
    let rows: any RowSource
    let validation: (any RowSource)?
    let reducer: any Reducer
    let observer: any TrainingObserver
    /// Bytes that this rank's process may take; nil where nothing bounds them.
    let memoryLimit: Int?
    /// The model, where its scores are linear in the features.
    lazy var model = LinearModel(task.shape)
    /// The network that is trained instead; nil for other models.
    lazy var network = task.network

    /// Numbers of this rank's rows to train on.
    var training: [Int32] = []
    /// The part of the cross-validation in which each of this rank's rows lies; empty without one.
    var foldOfRow: [Int32] = []
    /// Rows to train on, per rank: public.
    var rowsOfRanks: [Int] = []
    /// Features that stand for a kernel; nil where rows are taken as they are.
    var features: Features?
    /// What a row of each class counts.
    var weights = RowWeights.none
    /// Whether rows are drawn more than once, or not at all.
    var isResampled = false
    /// State that a checkpoint keeps.
    var state = TrainingCheckpoint()
    var choices: Choices
    var startedAt = 0.0
    var secondsBefore = 0.0
    var lastCheckpointAt = 0.0
    /// The step of the last checkpoint.
    var stepSaved = 0
    var checkpointWish = false
    /// Share of the sums' time that computing hid; nil where nothing was measured.
    var hiddenShare: Double?

    /// A trainer over this rank's rows, in a process that may take `memoryLimit` bytes.
    public init(
        task: TrainingTask,
        rows: any RowSource,
        validation: (any RowSource)?,
        reducer: any Reducer,
        observer: any TrainingObserver,
        memoryLimit: Int? = nil
    ) {
        self.task = task
        self.rows = rows
        self.validation = validation
        self.reducer = reducer
        self.observer = observer
        self.memoryLimit = memoryLimit
        choices = Choices(task.spec, rows: 1, labels: .real)
    }

    /// Trains to the end, from `checkpoint` where there is one.
    public func run(
        from checkpoint: TrainingCheckpoint?
    ) throws(TrainingError) -> TrainingOutput {
        startedAt = observer.seconds
        lastCheckpointAt = startedAt
        try dealFolds()
        try splitRows()
        guard totalRows > 0 else { throw .noRows }
        try balanceRows()
        try settleChoices()
        if task.mapsRows { try mapRows(from: checkpoint) }
        if task.usesSolver { return try runSolver(from: checkpoint) }
        if task.usesKernel { return try runKernel(from: checkpoint) }
        if let checkpoint {
            try adopt(checkpoint)
        } else {
            try scaleColumns()
        }
        return switch task.spec.algorithm {
        case .sgd: try runSGD(isResumed: checkpoint != nil)
        case .gd: try runGD(isResumed: checkpoint != nil)
        case .lbfgs, .newton, .svm: throw .unsupported(task.spec.algorithm)
        }
    }

    /// How many of `wanted` bytes may be kept beside `others` under this rank's limit: at most a
    /// third of what is left, and a mebibyte in any case.
    func keptBytes(_ wanted: Int, beside others: Int) -> Int {
        guard let memoryLimit else { return wanted }
        return Swift.max(1 << 20, Swift.min(wanted, (memoryLimit - others) / 3))
    }

    /// Rows to train on, over all ranks.
    var totalRows: Int { rowsOfRanks.reduce(0, +) }

    /// Seconds of training so far, in all generations.
    var elapsed: Double { secondsBefore + observer.seconds - startedAt }

    var scaling: Scaling {
        Scaling(
            columns: ColumnScaling(centers: state.centers, factors: state.factors),
            labels: LabelScaling(center: state.labelCenter, factor: state.labelFactor)
        )
    }

    /// What a loss in the coordinates of the search is worth in the unit of the data.
    var lossUnit: Double { scaling.labels.lossUnit }

    /// Whether this rank's row is held out: by its fold, or by seed, rank and number alone.
    func isHeldOut(_ row: Int) -> Bool {
        if let fold = task.spec.fold { return foldOfRow[row] == Int32(fold.index) }
        guard let share = task.spec.validationSplit else { return false }
        return HoldOut(share: share, seed: task.spec.seed, rank: reducer.rank).contains(row)
    }

    private func splitRows() throws(TrainingError) {
        for row in 0..<rows.rows where !isHeldOut(row) { training.append(Int32(row)) }
        var counts = [Double](repeating: 0, count: reducer.worldSize)
        counts[reducer.rank] = Double(training.count)
        counts = try summed(counts)
        // They come from other nodes.
        rowsOfRanks = counts.compactMap { Int(whole: $0) }
        guard rowsOfRanks.count == counts.count else {
            throw .learning(.reducer(ReducerError("the ranks tell of \(counts) rows")))
        }
    }

    private func settleChoices() throws(TrainingError) {
        let labels: LabelKind =
            task.classes == 0 ? .real : .classes([String](repeating: "", count: task.classes))
        choices = Choices(task.spec, rows: totalRows, labels: labels)
        let order = RowOrder(rows: training, windowRows: rows.windowRows)
        if order.isWindowed { choices.windowRows = order.windowRows }
        let sums = LocalSums(rowsOfRanks, rowsMin: task.localRowsMin)
        let isWhole = task.spec.algorithm != .sgd
        if !choices.isBatchGiven { choices.batch = sums.widened(choices.batch) }
        guard let few = sums.firstTooFew(batch: isWhole ? totalRows : choices.batch) else { return }
        throw .fewRows(rank: few.rank, rows: few.rows, min: task.localRowsMin)
    }

    private func scaleColumns() throws(TrainingError) {
        let sums = try columnSums(of: rows)
        choices.widenBatch(for: sums)
        state.batch = choices.batch
        let isCentered = task.spec.bias == .free
        let given = task.spec.weighing.scale.flatMap { scale in
            scale == .none ? nil : ColumnScaling(sums, as: scale)
        }
        let columns: ColumnScaling
        if network == nil {
            state.givenCenters = given?.centers ?? []
            state.givenFactors = given?.factors ?? []
            let penalty = choices.isPenaltyGiven ? choices.l2 / model.curvature : 0
            columns = ColumnScaling(sums, isCentered: isCentered, penalty: penalty, over: given)
        } else {
            columns = given ?? inputScaling(sums)
        }
        state.centers = columns.centers
        state.factors = columns.factors
        guard task.classes == 0 else { return }
        let labels = LabelScaling(sums, isCentered: isCentered)
        state.labelCenter = labels.center
        state.labelFactor = labels.factor
    }

    /// How a network sees its columns where nobody said how: pixels alike, other columns each by
    /// itself.
    private func inputScaling(_ sums: ColumnSums) -> ColumnScaling {
        if task.spec.weighing.scale != nil { return .none(columns: task.columns) }
        if task.imageShape != nil { return ColumnScaling(alike: sums) }
        return ColumnScaling(sums, isCentered: true)
    }

    private func adopt(_ checkpoint: TrainingCheckpoint) throws(TrainingError) {
        guard checkpoint.centers.count == task.columns,
            checkpoint.factors.count == task.columns, checkpoint.labelFactor != 0,
            checkpoint.givenCenters.count == checkpoint.givenFactors.count,
            [0, task.columns].contains(checkpoint.givenFactors.count)
        else {
            throw .foreignCheckpoint(
                reason: "it has \(checkpoint.factors.count) columns, the data \(task.columns)"
            )
        }
        let count = parameterCount
        let isRight =
            task.spec.algorithm == .sgd
            ? isOfSGD(checkpoint)
            : checkpoint.point.count == count && checkpoint.gradient.count == count
                && checkpoint.valueAndStep.count == 2
        guard isRight else {
            throw .foreignCheckpoint(reason: "it is not of \(count) parameters of this algorithm")
        }
        state = checkpoint
        secondsBefore = checkpoint.seconds
        choices.learningRate = checkpoint.firstRate
        choices.batch = Swift.max(1, checkpoint.batch)
        observer.chose(checkpoint.choices)
    }

    /// Number of parameters that are searched for.
    var parameterCount: Int { network?.parameterCount ?? model.parameterCount }

    private func isOfSGD(_ checkpoint: TrainingCheckpoint) -> Bool {
        let (count, rule) = (parameterCount, choices.rule)
        return checkpoint.parameters.count == count
            && checkpoint.velocity.count == (rule.hasFirst ? count : 0)
            && checkpoint.squares.count == (rule.hasSecond ? count : 0)
            && checkpoint.average.count == (rule.isAveraged ? count : 0)
            && [0, 4].contains(checkpoint.plateau.count)
    }

    /// λ of each scaled parameter: l2 · factor² for weights, l2 for a feature bias, else 0; the
    /// factor is that upon the scale that was asked for.
    ///
    /// A penalty that was chosen counts all columns alike, in their scaled units.
    var penalties: [Float] {
        var penalties = [Float](repeating: 0, count: model.parameterCount)
        for index in 0..<model.penalizedCount {
            let isScaled = choices.isPenaltyGiven && index < model.weightCount
            let factor = isScaled ? factorUponGiven(index % model.columns) : 1
            penalties[index] = Float(choices.l2 * factor * factor)
        }
        return penalties
    }

    /// The curvature of the objective at the rows with these numbers, over all ranks.
    func curvature(
        on scaled: ScaledRows,
        rows: ArraySlice<Int32>
    ) throws(TrainingError) -> Curvature {
        do {
            let curvature = try Curvature.estimate(of: model, on: scaled, rows: rows, with: reducer)
            return curvature.adding(penalty: Double(penalties.max() ?? 0))
        } catch { throw .learning(error) }
    }

    /// The penalty at scaled parameters, in the unit of the search's loss.
    func penalty(at parameters: borrowing Vector) -> Double {
        if let network {
            let weights = network.shape.stages.map(\.weights).filter { !$0.isEmpty }
            return weights.reduce(0) { $0 + choices.l2 * sumOfSquares(parameters, in: $1) / 2 }
        }
        let penalties = penalties
        var sum = 0.0
        for index in 0..<model.penalizedCount {
            let value = Double(parameters[index])
            sum += Double(penalties[index]) * value * value / 2
        }
        return sum
    }

    /// Shares the hash of the parameters; all ranks must hold the same.
    func compareParameters(_ parameters: borrowing Vector) throws(TrainingError) {
        guard reducer.worldSize > 1 else { return }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for value in parameters.buffer {
            hash = (hash ^ UInt64(value.bitPattern)) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 29
        }
        let (high, low) = (Double(hash >> 32), Double(hash & 0xFFFF_FFFF))
        var extremes = [high, -high, low, -low]
        do { try reducer.max(&extremes) } catch { throw .learning(.reducer(error)) }
        guard extremes[0] == -extremes[1], extremes[2] == -extremes[3] else {
            throw .parametersDiffer(step: state.step)
        }
    }

    /// The rank whose numbers went bad; nil where none was.
    func firstBadRank(isBadHere: Bool) throws(TrainingError) -> Int? {
        var flags = [Double](repeating: 0, count: reducer.worldSize)
        if isBadHere { flags[reducer.rank] = 1 }
        flags = try summed(flags)
        return flags.firstIndex { $0 > 0 }
    }

    func summed(_ values: [Double]) throws(TrainingError) -> [Double] {
        var values = values
        do { try reducer.sum(&values) } catch { throw .learning(.reducer(error)) }
        return values
    }

    func learned<Value>(
        _ body: () throws(LearningError) -> Value
    ) throws(TrainingError) -> Value {
        do { return try body() } catch { throw .learning(error) }
    }

    func wrap<Value>(_ body: () throws(RowSourceError) -> Value) throws(TrainingError) -> Value {
        do { return try body() } catch { throw .learning(.rows(error)) }
    }

    /// Whether rank 0 wants everybody to save; the others follow what travels with the sums.
    func wantsCheckpoint(atEndOfEpoch isEnd: Bool) -> Bool {
        if let every = task.spec.checkpointEvery { return (state.step + 1) % every == 0 }
        let waited = observer.seconds - lastCheckpointAt
        return reducer.rank == 0 && waited >= 10 || isEnd && reducer.rank == 0 && waited >= 1
    }

    func save() {
        state.seconds = elapsed
        lastCheckpointAt = observer.seconds
        stepSaved = state.step
        observer.save(state)
    }

    /// Whether rank 0 sees the time limit passed.
    var isOutOfTime: Bool {
        guard reducer.rank == 0, let limit = task.spec.maxTimeSeconds else { return false }
        return elapsed >= limit
    }

    func report(loss: Double, epoch: Double, rate: Double, gap: Double? = nil) {
        let seconds = elapsed
        var progress = RunProgress(
            epoch: epoch,
            step: state.step,
            loss: loss,
            learningRate: rate,
            rowsPerSecond: seconds > 0 ? state.rowsRead / seconds : 0,
            seconds: seconds,
            epochsMax: task.spec.epochs
        )
        progress.stepsMax = task.spec.steps
        progress.secondsMax = task.spec.maxTimeSeconds
        progress.validation = state.validationFigure
        progress.gap = gap
        observer.progressed(progress)
    }
}
