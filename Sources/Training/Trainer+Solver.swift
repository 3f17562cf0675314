import Domain
import Learning
import LinearAlgebra
import Wire

/// The searches that go by whole passes over the rows: L-BFGS, Newton and linear machines.
extension Trainer {
    func runSolver(from checkpoint: TrainingCheckpoint?) throws(TrainingError) -> TrainingOutput {
        let rows = SolverRows(rows, weights: rowWeights) { [observer] in observer.tick() }
        let shared = SharedSums(reducer) { [unowned self] in
            [
                observer.isAskedToStop ? 1 : 0, isOutOfTime ? 1 : 0,
                wantsCheckpoint(atEndOfEpoch: false) ? 1 : 0,
            ]
        }
        // The solvers take raw rows and give raw parameters.
        state.centers = [Float](repeating: 0, count: model.columns)
        state.factors = [Float](repeating: 1, count: model.columns)
        let solver = try makeSolver(rows, shared, isResumed: checkpoint != nil)
        if let checkpoint {
            try adopt(checkpoint, into: solver)
        } else {
            state.choices = solverSummary(solver)
        }
        observer.chose(state.choices)
        return try search(solver, rows, shared)
    }

    private func search(
        _ solver: any Solver,
        _ rows: SolverRows,
        _ shared: SharedSums
    ) throws(TrainingError) -> TrainingOutput {
        let passesBefore = state.epoch
        while true {
            let verdict: SolverVerdict
            do { verdict = try solver.advance() } catch { throw .learning(error) }
            let wishes = shared.wishes
            shared.clearWishes()
            state.step = solver.report?.iterations ?? 0
            state.epoch = passesBefore + rows.passes
            state.rowsRead = Double(state.epoch) * Double(totalRows)
            if let report = solver.report { self.report(report) }
            if wishes[0] > 0 || wishes[2] > 0 { try keep(solver.state) }
            if wishes[2] > 0, verdict == .moved, tellsState { save() }
            if let output = try endIfDone(solver, verdict, wishes) { return output }
        }
    }

    private func report(_ report: SolverReport) {
        let seconds = elapsed
        var progress = RunProgress(
            epoch: Double(state.epoch),
            step: state.step,
            loss: report.value,
            learningRate: 0,
            rowsPerSecond: seconds > 0 ? state.rowsRead / seconds : 0,
            seconds: seconds,
            epochsMax: task.spec.epochs
        )
        progress.gap = report.gap
        observer.progressed(progress)
    }

    /// Weight of each row: 0 for one that is held out, else 1; empty where all count.
    private var rowWeights: [Float] {
        guard training.count < rows.rows else { return [] }
        var weights = [Float](repeating: 0, count: rows.rows)
        for row in training { weights[Int(row)] = 1 }
        return weights
    }

    /// Whether a checkpoint may be made: it lies on every node, and that of a machine holds numbers
    /// of single rows.
    var tellsState: Bool { !(task.hidesRows && task.spec.algorithm == .svm) }

    /// Puts the solver's state where a checkpoint takes it from; all ranks meet.
    func keep(_ own: SolverState) throws(TrainingError) {
        guard tellsState else { return }
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
        guard let own = try savedState(), solver.restore(own) else {
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
        _ solver: any Solver,
        _ verdict: SolverVerdict,
        _ wishes: [Double]
    ) throws(TrainingError) -> TrainingOutput? {
        switch verdict {
        case .diverged:
            let reason = "non_finite: the loss is not finite at the start"
            let cause = Cause(node: nil, step: state.step, reason: reason)
            return try end(.diverged, reason, solver, cause: cause)
        case .converged: return try end(.converged, solver.ruleText, solver)
        case .exhausted:
            return try end(.converged, "no step lowers P further in 64-bit numbers", solver)
        case .moved, .interrupted: break
        }
        if wishes[0] > 0 {
            if tellsState { save() }
            return try end(.stopped, "stopped on request", solver)
        }
        if wishes[1] > 0 { return try end(.limitReached, "the time was up", solver) }
        if let limit = task.spec.epochs, state.epoch >= limit {
            return try end(.limitReached, "\(state.epoch) passes over the rows", solver)
        }
        if let limit = task.spec.steps, state.step >= limit {
            return try end(.limitReached, "\(limit) steps", solver)
        }
        return nil
    }

    private func end(
        _ outcome: Outcome,
        _ rule: String,
        _ solver: any Solver,
        cause: Cause? = nil
    ) throws(TrainingError) -> TrainingOutput {
        let raw = Vector(solver.parameters.map { Float($0) })
        let report = solver.report
        var output = try finish(outcome, rule: rule, scaled: raw, gap: report?.gap, cause: cause)
        guard outcome != .diverged else { return output }
        output.result.objective = report?.value
        guard task.spec.algorithm == .svm else { return output }
        var figures = SVMFigures()
        // As LIBSVM prints it: a minimum.
        figures.dualObjective = report?.dual.map { -$0 }
        figures.gap = report?.gap
        figures.rounds = report?.iterations
        figures.supportVectors = try countSupportVectors(raw)
        output.result.svm = figures
        return output
    }

    /// Rows of all ranks that lie on or within some machine's margin.
    private func countSupportVectors(_ raw: borrowing Vector) throws(TrainingError) -> Int {
        var count = 0.0
        let outputs = model.outputs
        let isJoint = task.spec.svm?.multiclass == .crammerSinger && outputs > 1
        var low = 0
        while low < rows.rows {
            let high = Swift.min(rows.rows, low + 512)
            let start = low
            var scores = [Float](repeating: 0, count: (high - low) * outputs)
            try wrap { () throws(RowSourceError) in
                try rows.withRows(low..<high) { batch in
                    model.writeScores(at: raw, of: batch, to: &scores)
                    count += supports(in: batch, from: start, scores, isJoint: isJoint)
                }
            }
            low = high
        }
        return Int(try summed([count])[0])
    }

    private func supports(
        in batch: Batch,
        from start: Int,
        _ scores: [Float],
        isJoint: Bool
    ) -> Double {
        guard case .classes(let labels) = batch.labels else { return 0 }
        var count = 0.0
        let outputs = model.outputs
        for row in 0..<batch.rows where !isHeldOut(start + row) {
            let own = Array(scores[row * outputs..<(row + 1) * outputs])
            let margin = marginOf(own, Int(labels[row]), isJoint: isJoint)
            if margin <= 1 + supportSlack { count += 1 }
        }
        return count
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
