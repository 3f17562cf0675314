import Domain
import Learning
import LinearAlgebra

/// Kernel machines: one-vs-one as in LIBSVM, searched for in blocks.
///
/// Bytes on each rank: the rows once more, in Float (4 a value where dense, 8 a stored one where
/// sparse, 12 a row besides); `--cache` bytes of kernel values, or fewer where the worker's memory
/// is bounded; 16 a row of the pair in hand and 8 a row for every other class; half of the pair's
/// rows again while a window is narrow; with several ranks the rows that the others have told,
/// each at most once.
extension Trainer {
    /// Searches for a kernel machine to the end, from `checkpoint` where there is one.
    func runKernel(from checkpoint: TrainingCheckpoint?) throws(TrainingError) -> TrainingOutput {
        if let checkpoint {
            state = checkpoint
            stepSaved = checkpoint.step
            secondsBefore = checkpoint.seconds
        } else {
            try settleScale()
        }
        let meeting = KernelMeeting(
            reducer,
            wish: { [unowned self] in
                [
                    observer.isAskedToStop ? 1 : 0, isOutOfTime ? 1 : 0,
                    wantsMachineKept ? 1 : 0,
                ]
            },
            tick: { [observer] in observer.tick() }
        )
        let data = try learned { () throws(LearningError) in
            try KernelData(
                rows,
                numbers: training,
                classes: Swift.max(2, task.classes),
                scaling: given
            ) { observer.tick() }
        }
        let plan = try kernelPlan(data, meeting)
        state.keptBytes = plan.cacheBytes
        let solver = makeKernelSolver(data, plan, meeting)
        let job = KernelJob(data: data, plan: plan, meeting: meeting, solver: solver)
        if checkpoint != nil {
            guard let own = try savedState(), solver.restore(own) else {
                throw .foreignCheckpoint(reason: "it was made over other rows or options")
            }
        } else {
            state.choices = kernelSummary(plan, solver)
        }
        observer.chose(state.choices)
        return try search(job)
    }

    /// The scale that was asked for, from sums over all rows of all ranks.
    private func settleScale() throws(TrainingError) {
        guard let scale = task.spec.weighing.scale, scale != .none else { return }
        let scaling = ColumnScaling(try columnSums(of: rows), as: scale)
        (state.givenCenters, state.givenFactors) = (scaling.centers, scaling.factors)
    }

    private func kernelPlan(
        _ data: KernelData,
        _ meeting: KernelMeeting
    ) throws(TrainingError) -> KernelPlan {
        let spec = task.spec.svm ?? SVMSpec()
        let gamma: Double
        if let given = spec.gamma {
            gamma = given
        } else {
            gamma = try learned { () throws(LearningError) in try data.scaleGamma(meeting) }
        }
        let classes = Swift.max(2, task.classes)
        let own = weights.classWeights
        var plan = KernelPlan(
            function: spec.function(gamma: gamma),
            costs: (0..<classes).map { spec.cost * (own.isEmpty ? 1 : own[$0]) }
        )
        plan.tolerance = task.spec.tolerance ?? 1e-3
        plan.cacheBytes = try agreedCache(spec.cacheBytesMax, data)
        plan.blocksMax = task.spec.steps
        plan.hasProbabilities = spec.hasProbabilities
        plan.seed = task.spec.seed
        return plan
    }

    /// Bytes of kernel values that every rank has room for: blocks are the same on all, and after
    /// a checkpoint no larger than before it.
    private func agreedCache(_ wanted: Int, _ data: KernelData) throws(TrainingError) -> Int {
        // With narrow windows, what other ranks tell, and the machine with its predictions at the
        // end, a9a took four times its rows beside the kernel values.
        var least = [-Double(keptBytes(wanted, beside: 4 * data.byteCount))]
        do throws(ReducerError) { try reducer.max(&least) } catch {
            throw .learning(.reducer(error))
        }
        let agreed = Swift.max(1 << 20, Int(whole: -least[0]) ?? 0)
        let before = state.keptBytes > 0 ? state.keptBytes : agreed
        return Swift.min(wanted, agreed, before)
    }

    private func makeKernelSolver(
        _ data: KernelData,
        _ plan: KernelPlan,
        _ meeting: KernelMeeting
    ) -> any KernelSolver {
        // Measured over three ranks: a cascade takes half of the processor's time on a9a and a
        // third on 10,000 images, with 2 and 4 rounds where exact has 127 and 513.
        guard task.spec.svm?.mode != .exact, reducer.worldSize > 1 else {
            return ExactKernelSolver(data, plan, meeting: meeting)
        }
        let cascade = CascadeKernelSolver(data, plan, meeting: meeting)
        cascade.isInterruptedBy = { $0[0] > 0 || $0[1] > 0 }
        return cascade
    }

    /// One line of what was chosen, for the person who started the run.
    private func kernelSummary(_ plan: KernelPlan, _ solver: any KernelSolver) -> String {
        let classes = task.classes > 0 ? " (\(task.classes) classes)" : ""
        let function = plan.function
        var parts = ["model \(task.kind.rawValue)\(classes)", function.kind.rawValue]
        if function.kind != .linear { parts[1] += ", γ \(shortText(function.gamma))" }
        if function.kind == .poly { parts[1] += ", degree \(function.degree)" }
        if function.kind == .poly || function.kind == .sigmoid {
            parts[1] += ", coef0 \(shortText(function.coef0))"
        }
        parts.append("C \(shortText(task.spec.svm?.cost ?? 1))")
        if plan.cacheBytes < task.spec.svm?.cacheBytesMax ?? 0 {
            parts.append("\(plan.cacheBytes >> 20) MiB of kernel values by the worker's memory")
        }
        parts.append(solver.modeText)
        return parts.joined(separator: " · ")
    }

    private func search(_ job: KernelJob) throws(TrainingError) -> TrainingOutput {
        let solver = job.solver
        while true {
            let verdict = try learned { () throws(LearningError) in try solver.advance() }
            let wishes = job.takeWishes()
            report(solver.report, blocks: solver.report.blocks)
            if wishes[0] > 0 || wishes[2] > 0 { try keep(solver.state) }
            if verdict == .converged { return try finishConverged(job) }
            if let output = try endIfDue(job, wishes) { return output }
            // Never where the run ends: who went on from there would take a step too many.
            if wishes[2] > 0, verdict == .moved, tellsState { save() }
        }
    }

    /// Whether a checkpoint is due: a cascade takes several steps at once, and some at none.
    private var wantsMachineKept: Bool {
        guard let every = task.spec.checkpointEvery else {
            return wantsCheckpoint(atEndOfEpoch: false)
        }
        return (state.step + 1) / every > stepSaved / every
    }

    private func endIfDue(
        _ job: KernelJob,
        _ wishes: [Double]
    ) throws(TrainingError) -> TrainingOutput? {
        if let limit = task.spec.steps, state.step >= limit {
            return try close(job.solver, .limitReached, "\(limit) steps")
        }
        if wishes[0] > 0 {
            if tellsState { save() }
            return stopped(job.solver)
        }
        return wishes[1] > 0 ? try close(job.solver, .limitReached, "the time was up") : nil
    }

    /// Ends a search that met its rule, with probabilities where they were asked for.
    ///
    /// A run that is stopped meanwhile begins those anew; one that runs out of steps or time ends
    /// without them.
    private func finishConverged(_ job: KernelJob) throws(TrainingError) -> TrainingOutput {
        let gap = job.solver.report.gap ?? 0
        guard gap <= plainTolerance else {
            let end = "no block lowers the dual further in 64-bit numbers"
            let rule = "\(end); a pair violates by \(shortText(gap)), over the tolerance"
            return try close(job.solver, .limitReached, rule)
        }
        let rule = "no pair of variables violates by more than \(plainTolerance)"
        guard job.plan.hasProbabilities else { return try close(job.solver, .converged, rule) }
        let platt = try learned { () throws(LearningError) in
            try PlattFit(job.data, job.plan, meeting: job.meeting)
        }
        while true {
            let verdict = try learned { () throws(LearningError) in try platt.advance() }
            let wishes = job.takeWishes()
            report(job.solver.report, blocks: job.solver.report.blocks + platt.blocksDone)
            guard verdict == .moved else { break }
            if wishes[0] > 0 { try keep(job.solver.state) }
            if let output = try endIfDue(job, wishes) { return output }
        }
        return try close(job.solver, .converged, rule, platt)
    }

    private var plainTolerance: Double { task.spec.tolerance ?? 1e-3 }

    private func report(_ report: KernelReport, blocks: Int) {
        state.step = blocks
        self.report(loss: report.dual, epoch: 0, rate: 0, gap: report.gap)
    }

    /// Ends at once: no model is kept of a run that was stopped, so none is made and measured.
    private func stopped(_ solver: any KernelSolver) -> TrainingOutput {
        var result = RunResult(outcome: .stopped, rule: "stopped on request", cause: nil)
        result.steps = state.step
        result.searchSeconds = elapsed
        let report = solver.report
        var figures = SVMFigures()
        (figures.gap, figures.rounds) = (report.gap, report.rounds)
        result.svm = figures
        return closed(result)
    }

    private func close(
        _ solver: any KernelSolver,
        _ outcome: Outcome,
        _ rule: String,
        _ platt: PlattFit? = nil
    ) throws(TrainingError) -> TrainingOutput {
        var machine = try learned { () throws(LearningError) in try solver.machine() }
        platt?.complete(&machine)
        var result = RunResult(outcome: outcome, rule: rule, cause: nil)
        result.steps = state.step
        try compareParameters(Vector(machine.words))
        var shape = task.shape
        shape.kernel = machine.shape
        shape.isScaled = given != nil
        let words = (given.map { $0.centers + $0.factors } ?? []) + machine.words
        var output = try measured(result, shape: shape, words: words, penalty: 0)
        let report = solver.report
        output.result.objective = report.primal
        var figures = SVMFigures()
        // A cascade that ends before the ranks have met knows neither.
        figures.dualObjective = report.primal == nil ? nil : report.dual
        figures.gap = report.gap
        figures.rounds = report.rounds
        figures.supportVectors = machine.shape.supports
        output.result.svm = figures
        return output
    }
}

/// What belongs together in a search for a kernel machine.
private struct KernelJob {
    let data: KernelData
    let plan: KernelPlan
    let meeting: KernelMeeting
    let solver: any KernelSolver

    /// What the ranks wished since it was last asked.
    func takeWishes() -> [Double] {
        defer { meeting.clearWishes() }
        return meeting.wishes
    }
}
