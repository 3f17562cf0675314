import Domain
import Learning
import LinearAlgebra
import Wire

/// A search by whole passes, and the rows it goes over.
private struct Search {
    let solver: any Solver
    let rows: SolverRows
    let shared: SharedSums
}

/// The searches that go by whole passes over the rows: L-BFGS, Newton and linear machines.
extension Trainer {
    func runSolver(from checkpoint: TrainingCheckpoint?) throws(TrainingError) -> TrainingOutput {
        let source: any RowSource
        if let features {
            source = features.rows
        } else {
            source = try solverSource(from: checkpoint)
        }
        let weights = try rowWeights()
        let rows = SolverRows(source, weights: weights) { [observer] in observer.tick() }
        let shared = SharedSums(reducer) { [unowned self] in
            [
                observer.isAskedToStop ? 1 : 0, isOutOfTime ? 1 : 0,
                wantsCheckpoint(atEndOfEpoch: false) ? 1 : 0,
            ]
        }
        let solver = try makeSolver(rows, shared, isResumed: checkpoint != nil)
        if let checkpoint {
            try adopt(checkpoint, into: solver)
        } else {
            state.choices = solverSummary(solver)
        }
        observer.chose(state.choices)
        return try run(Search(solver: solver, rows: rows, shared: shared))
    }

    /// The rows as solvers see them: raw, or in the scale that was asked for.
    ///
    /// The penalty then counts in it. All ranks meet for a scale that is not known yet.
    func solverSource(
        from checkpoint: TrainingCheckpoint?
    ) throws(TrainingError) -> any RowSource {
        let none = ColumnScaling.none(columns: task.columns)
        (state.centers, state.factors) = (none.centers, none.factors)
        guard let scale = task.spec.weighing.scale, scale != .none else { return rows }
        let given: ColumnScaling
        if let checkpoint {
            let counts = [checkpoint.givenCenters.count, checkpoint.givenFactors.count]
            guard counts == [task.columns, task.columns] else {
                throw .foreignCheckpoint(reason: "it has \(counts[1]) factors of columns")
            }
            given = ColumnScaling(
                centers: checkpoint.givenCenters,
                factors: checkpoint.givenFactors
            )
        } else {
            given = ColumnScaling(try columnSums(of: rows), as: scale)
        }
        let source = ScaledSource(rows, scaling: given)
        (state.givenCenters, state.givenFactors) = (given.centers, given.factors)
        (state.centers, state.factors) = (source.scaling.centers, source.scaling.factors)
        return source
    }

    /// Sums over the columns of all ranks' rows but those held out.
    func columnSums(of source: any RowSource) throws(TrainingError) -> ColumnSums {
        var sums = try wrap { () throws(RowSourceError) in
            try ColumnSums(of: source, hasExtremes: !task.hidesRows) { !isHeldOut($0) }
        }
        observer.tick()
        do { try sums.reduce(with: reducer) } catch { throw .learning(.reducer(error)) }
        return sums
    }

    private func run(_ search: Search) throws(TrainingError) -> TrainingOutput {
        let (solver, shared) = (search.solver, search.shared)
        // What making the solver takes was counted when the run began.
        let passesBefore = state.epoch > 0 ? state.epoch - search.rows.passes : 0
        while true {
            let verdict: SolverVerdict
            do { verdict = try solver.advance() } catch { throw .learning(error) }
            let wishes = shared.wishes
            shared.clearWishes()
            state.step = solver.report?.iterations ?? 0
            state.epoch = passesBefore + search.rows.passes
            state.rowsRead = Double(state.epoch) * Double(totalRows)
            if let seen = solver.report {
                report(loss: seen.value, epoch: Double(state.epoch), rate: 0, gap: seen.gap)
            }
            if wishes[0] > 0 || wishes[2] > 0 { try keep(solver.state) }
            if let output = try endIfDone(search, verdict, wishes) { return output }
            // Never where the run ends: who went on from there would take a step too many.
            if wishes[2] > 0, verdict == .moved, tellsState { save() }
        }
    }

    /// Whether a checkpoint may be made: it lies on every node, and that of a machine holds numbers
    /// of single rows.
    var tellsState: Bool { !(task.hidesRows && task.spec.algorithm == .svm) }

    /// Puts the solver's state where a checkpoint takes it from; all ranks meet.
    func keep(_ own: SolverState) throws(TrainingError) {
        guard tellsState else { return }
        var own = own
        if let mapNumbers { own.vectors.append(mapNumbers) }
        var rows = [[Double]](repeating: [], count: reducer.worldSize)
        var writer = ByteWriter()
        for value in own.rows { writer.write(value) }
        let all: [[UInt8]]
        do { all = try reducer.gather(writer.bytes) } catch { throw .learning(.reducer(error)) }
        for (rank, bytes) in all.enumerated() {
            var reader = ByteReader(bytes)
            for _ in 0..<bytes.count / 8 {
                guard let value = try? reader.double("row") else { break }
                rows[rank].append(value)
            }
        }
        state.solver = SavedSolver(own, rows: rows).bytes
    }

    private func adopt(
        _ checkpoint: TrainingCheckpoint,
        into solver: any Solver
    ) throws(TrainingError) {
        state = checkpoint
        var own = try savedState()
        if features != nil { _ = own?.vectors.popLast() }
        guard let own, solver.restore(own) else {
            throw .foreignCheckpoint(
                reason: "it was made by other ranks or over other rows or options"
            )
        }
        secondsBefore = checkpoint.seconds
    }

    /// This rank's part of the state that the checkpoint in hand holds; nil where that is of
    /// another number of ranks.
    func savedState() throws(TrainingError) -> SolverState? {
        guard let saved = try? SavedSolver(bytes: state.solver) else {
            throw .foreignCheckpoint(reason: "it holds no state of \(task.spec.algorithm)")
        }
        return saved.state(rank: reducer.rank, worldSize: reducer.worldSize)
    }

    private func endIfDone(
        _ search: Search,
        _ verdict: SolverVerdict,
        _ wishes: [Double]
    ) throws(TrainingError) -> TrainingOutput? {
        switch verdict {
        case .diverged:
            let reason = "non_finite: the loss is not finite at the start"
            let cause = Cause(node: nil, step: state.step, reason: reason)
            return try end(.diverged, reason, search, cause: cause)
        case .converged: return try end(.converged, search.solver.ruleText, search)
        case .exhausted:
            let isMet = (search.solver.report?.gap).map { $0 <= tolerance } ?? false
            if isMet { return try end(.converged, search.solver.ruleText, search) }
            return try end(.limitReached, exhaustion(of: search.solver), search)
        case .moved, .interrupted: break
        }
        if let limit = task.spec.epochs, state.epoch >= limit {
            return try end(.limitReached, "\(state.epoch) passes over the rows", search)
        }
        if let limit = task.spec.steps, state.step >= limit {
            return try end(.limitReached, "\(limit) steps", search)
        }
        if wishes[0] > 0 {
            if tellsState { save() }
            return try end(.stopped, "stopped on request", search)
        }
        if wishes[1] > 0 { return try end(.limitReached, "the time was up", search) }
        return nil
    }

    /// Why a search ended that can go no further but has not met its rule.
    private func exhaustion(of solver: any Solver) -> String {
        let end = "no step lowers P further in 64-bit numbers"
        guard let gap = solver.report?.gap else { return "\(end); the tolerance was not met" }
        return "\(end); certified is \(shortText(gap)) of P, not the tolerance"
    }

    private func end(
        _ outcome: Outcome,
        _ rule: String,
        _ search: Search,
        cause: Cause? = nil
    ) throws(TrainingError) -> TrainingOutput {
        let found = Vector(search.solver.parameters.map { Float($0) })
        let report = search.solver.report
        var output = try finish(outcome, rule: rule, scaled: found, gap: report?.gap, cause: cause)
        guard outcome != .diverged else { return output }
        output.result.objective = report?.value
        guard task.spec.algorithm == .svm else { return output }
        var figures = SVMFigures()
        // As LIBSVM prints it: a minimum.
        figures.dualObjective = report?.dual.map { -$0 }
        figures.gap = report?.gap
        figures.rounds = report?.iterations
        figures.supportVectors = try countSupportVectors(found, search.rows)
        output.result.svm = figures
        return output
    }

    /// Rows of all ranks that lie on or within some machine's margin.
    private func countSupportVectors(
        _ parameters: borrowing Vector,
        _ rows: SolverRows
    ) throws(TrainingError) -> Int {
        var count = 0.0
        let outputs = model.outputs
        var scores = [Float](repeating: 0, count: rows.blockRows * outputs)
        try learned { () throws(LearningError) in
            try rows.forEachBlock { batch, start in
                model.writeScores(at: parameters, of: batch, to: &scores)
                guard case .classes(let labels) = batch.labels else { return }
                for row in 0..<batch.rows where rows.weight(start + row) > 0 {
                    let own = scores[row * outputs..<(row + 1) * outputs]
                    if isSupport(Array(own), Int(labels[row])) { count += 1 }
                }
            }
        }
        return Int(counted: try summed([count])[0])
    }

    private func isSupport(_ scores: [Float], _ label: Int) -> Bool {
        let isJoint = task.spec.svm?.multiclass == .crammerSinger && scores.count > 1
        return marginOf(scores, label, isJoint: isJoint) <= 1 + supportSlack
    }
}

/// The smallest margin of a row among its machines.
private func marginOf(_ scores: [Float], _ label: Int, isJoint: Bool) -> Float {
    guard !isJoint else {
        let others = scores.indices.filter { $0 != label }.map { scores[$0] }
        return scores[label] - (others.max() ?? -.infinity)
    }
    let signs = scores.indices.map { label == (scores.count == 1 ? 1 : $0) ? Float(1) : -1 }
    return zip(scores, signs).map { $0 * $1 }.min() ?? .infinity
}

/// A row on the margin is met within the accuracy of the solution.
private let supportSlack: Float = 1e-3
