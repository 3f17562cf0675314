import Domain
import Learning
import LinearAlgebra

extension Trainer {
    /// The solver that the options call for, at its start.
    func makeSolver(
        _ rows: SolverRows,
        _ shared: SharedSums,
        isResumed: Bool
    ) throws(TrainingError) -> any Solver {
        switch task.spec.algorithm {
        case .svm: try learned { () throws(LearningError) in try makeMachine(rows, shared) }
        case .lbfgs: try makeLBFGS(rows, shared, isResumed: isResumed)
        default: try learned { () throws(LearningError) in try makeNewton(rows, shared) }
        }
    }

    /// P of the mean loss, or of a machine's sum.
    private var solverShape: SmoothProblem.Shape {
        let isMachine = task.spec.algorithm == .svm
        let penalty = isMachine ? 1 : choices.l2
        return SmoothProblem.Shape(
            outputs: model.outputs,
            columns: model.columns,
            bias: model.bias == .none ? nil : Double(model.biasScale),
            penalty: penalty,
            biasPenalty: model.bias == .feature ? penalty : 0,
            factor: isMachine ? task.spec.svm?.cost ?? 1 : 1 / Double(totalRows)
        )
    }

    /// (P − P*)/P at most, certified where there is a bound.
    var tolerance: Double { task.spec.tolerance ?? 1e-4 }

    private var start: [Double] { [Double](repeating: 0, count: solverShape.parameterCount) }

    private var solverLoss: RowLoss {
        switch model.kind {
        case .linear: .squared
        case .softmax: .softmax
        default: .logistic
        }
    }

    private func makeNewton(
        _ rows: SolverRows,
        _ shared: SharedSums
    ) throws(LearningError) -> NewtonSolver {
        let problem = try SmoothProblem(solverShape, loss: solverLoss, rows: rows, shared: shared)
        return newton(problem, tolerance: tolerance)
    }

    private func newton(_ problem: SmoothProblem, tolerance: Double) -> NewtonSolver {
        let solver = NewtonSolver(problem, from: start, rule: StopRule(tolerance: tolerance))
        solver.isInterruptedBy = { $0[0] > 0 || $0[1] > 0 }
        return solver
    }

    private func makeLBFGS(
        _ rows: SolverRows,
        _ shared: SharedSums,
        isResumed: Bool
    ) throws(TrainingError) -> LBFGSSolver {
        var scaling = ColumnScaling.none(columns: model.columns)
        if !isResumed {
            scaling = ColumnScaling(
                try columnSums(of: rows.source),
                isCentered: task.spec.bias == .free,
                penalty: choices.l2 / model.curvature
            )
        }
        let problem = try learned { () throws(LearningError) in
            try SmoothProblem(solverShape, loss: solverLoss, rows: rows, shared: shared)
        }
        let solver = LBFGSSolver(
            problem,
            from: start,
            scaling: scaling,
            l1: task.spec.l1 ?? 0,
            rule: StopRule(tolerance: tolerance)
        )
        solver.isBiasHeld = model.bias == .feature
        return solver
    }

    private func makeMachine(
        _ rows: SolverRows,
        _ shared: SharedSums
    ) throws(LearningError) -> any Solver {
        let spec = task.spec.svm ?? SVMSpec()
        let shape = solverShape
        if spec.loss == .squaredHinge {
            let problem = try SmoothProblem(
                shape,
                loss: .squaredHinge,
                rows: rows,
                shared: shared
            )
            return newton(problem, tolerance: tolerance)
        }
        let isJoint = spec.multiclass == .crammerSinger && shape.outputs > 1
        if !isJoint, InteriorPoint.canSolve(shape) {
            return try InteriorPoint(shape, rows: rows, shared: shared, tolerance: tolerance)
        }
        let loss: RowLoss =
            isJoint ? .crammerSinger(stiffness: stiffness) : .hinge(stiffness: stiffness)
        let problem = try SmoothProblem(shape, loss: loss, rows: rows, shared: shared)
        let solver = AugmentedLagrangian(problem, tolerance: tolerance)
        solver.isInterruptedBy = { $0[0] > 0 || $0[1] > 0 }
        return solver
    }

    /// One line of what was chosen, for the person who started the run.
    func solverSummary(_ solver: any Solver) -> String {
        let classes = task.classes > 0 ? " (\(task.classes) classes)" : ""
        var parts = ["model \(task.kind.rawValue)\(classes)"] + mapSummary
        switch solver {
        case let newton as NewtonSolver:
            parts.append(newton.isDirect ? "Newton, factored" : "Newton, conjugate gradients")
        case is LBFGSSolver:
            parts.append((task.spec.l1 ?? 0) > 0 ? "OWL-QN, 10 pairs" : "L-BFGS, 10 pairs")
        case is InteriorPoint: parts.append("interior point")
        default: parts.append("method of multipliers, conjugate gradients")
        }
        if task.spec.algorithm == .svm {
            let spec = task.spec.svm ?? SVMSpec()
            parts.append("\(spec.loss.rawValue), C \(shortText(spec.cost))")
            if model.outputs > 1 { parts.append(spec.multiclass.rawValue) }
        } else if choices.l2 == 0, (task.spec.l1 ?? 0) == 0 {
            parts.append("no penalty, so P − P* has no bound")
        }
        return parts.joined(separator: " · ")
    }
}

/// σ at the start, in the unit of margins over multipliers.
private let stiffness = 0.3
