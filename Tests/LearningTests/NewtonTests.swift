import Learning
import LinearAlgebra
import RowSamples
import Testing

@Suite("Second order: Newton and L-BFGS")
struct NewtonTests {
    private func problem(_ objective: Objective) throws -> SmoothProblem {
        let losses: [RowLoss] =
            switch objective.loss {
            case .squared: [.squared]
            case .logistic: [.logistic]
            case .softmax: [.softmax]
            default: [.squaredHinge]
            }
        return try SmoothProblem(
            objective.shape,
            loss: losses[0],
            rows: SolverRows(objective.rows, weights: objective.weights),
            shared: SharedSums(LoneReducer())
        )
    }

    private func objective(
        _ loss: Objective.Loss,
        bias: Double?,
        biasPenalty: Double = 0
    )
        -> Objective
    {
        let outputs = loss == .softmax ? 3 : 1
        let classes = overlapping(classes: loss == .softmax ? 3 : 2)
        let reals = classes.values.map { $0[0] * 3 - $0[1] + 7 }
        let rows = loss == .squared ? SampleRows(classes.values, reals: reals) : classes
        return Objective(
            loss: loss,
            rows: rows,
            shape: SmoothProblem.Shape(
                outputs: outputs,
                columns: rows.columns,
                bias: bias,
                penalty: 0.1,
                biasPenalty: biasPenalty,
                factor: 1 / Double(rows.rows)
            )
        )
    }

    private func start(_ objective: Objective) -> [Double] {
        [Double](repeating: 0, count: objective.shape.parameterCount)
    }

    private func finish(_ step: () throws -> SolverVerdict) throws -> SolverVerdict {
        for _ in 0..<2000 {
            let verdict = try step()
            if verdict != .moved { return verdict }
        }
        return .moved
    }

    private static let losses: [Objective.Loss] = [.squared, .logistic, .softmax, .squaredHinge]

    @Test("Gradients and products with the Hessian are those of differences", arguments: losses)
    func differences(loss: Objective.Loss) throws {
        let objective = objective(loss, bias: 2)
        let problem = try problem(objective)
        let point = start(objective).indices.map { Double($0 % 5) / 3 - 0.6 }
        let vector = point.indices.map { Double($0 % 3) - 0.8 }
        let (look, _) = try problem.evaluate(at: point)
        // Differences of width 1e-5 are good to about 1e-9 of numbers near one.
        #expect(abs(look.value - objective.value(point)) < 1e-12)
        for (mine, other) in zip(look.gradient, objective.gradient(point)) {
            #expect(abs(mine - other) < 1e-8)
        }
        let product = try problem.product(with: vector)
        let width = 1e-6
        let (ahead, _) = try problem.evaluate(at: zip(point, vector).map { $0 + width * $1 })
        for index in product.indices {
            let slope = (ahead.gradient[index] - look.gradient[index]) / width
            // Dense rows of several outputs are multiplied in Float.
            #expect(abs(product[index] - slope) < 2e-5)
        }
    }

    @Test(
        "Newton, L-BFGS and plain gradient descent find the same minimum",
        arguments: losses,
        [0, 1]
    )
    func minimum(loss: Objective.Loss, biasPenalty: Double) throws {
        let objective = objective(loss, bias: 1, biasPenalty: biasPenalty * 0.1)
        let expected = objective.minimum()
        let rule = StopRule(tolerance: 1e-9)
        for isDirect in loss == .softmax ? [false] : [true, false] {
            let newton = NewtonSolver(
                try problem(objective),
                from: start(objective),
                rule: rule,
                isDirect: isDirect
            )
            #expect(try finish(newton.advance) == .converged)
            let report = try #require(newton.report)
            #expect(abs(objective.value(newton.parameters) - report.value) < 1e-12)
            // Plain descent itself is within about 1e-8 after so many steps.
            #expect(abs(report.value - expected) < 1e-7 * expected)
            #expect(report.iterations < 40)
        }
        let scaling = ColumnScaling.none(columns: objective.shape.columns)
        let lbfgs = LBFGSSolver(
            try problem(objective),
            from: start(objective),
            scaling: scaling,
            rule: rule
        )
        #expect(try finish(lbfgs.advance) == .converged)
        #expect(abs(objective.value(lbfgs.parameters) - expected) < 1e-7 * expected)
    }

    @Test("What is certified holds, however early the end", arguments: [0.3, 0.1, 1e-2, 1e-4])
    func certificate(tolerance: Double) throws {
        for (loss, penalty) in [(Objective.Loss.logistic, 0.0), (.logistic, 0.1), (.softmax, 0)] {
            let objective = objective(loss, bias: 1, biasPenalty: penalty)
            let least = objective.minimum()
            let solver = NewtonSolver(
                try problem(objective),
                from: start(objective),
                rule: StopRule(tolerance: tolerance)
            )
            #expect(try finish(solver.advance) == .converged)
            let report = try #require(solver.report)
            let gap = try #require(report.gap)
            #expect(gap <= tolerance)
            #expect((report.value - least) / report.value <= gap + 1e-9)
        }
    }

    @Test("Without a penalty nothing is certified, and the rule says so")
    func unbounded() throws {
        var objective = objective(.logistic, bias: 1)
        objective.shape.penalty = 0
        let rule = StopRule(tolerance: 1e-6)
        let solver = NewtonSolver(try problem(objective), from: start(objective), rule: rule)
        #expect(try finish(solver.advance) == .converged)
        let report = try #require(solver.report)
        #expect(report.gap == nil)
        #expect(report.gradientNorm <= 1e-6 * (try #require(solver.rule.startNorm)))
        #expect(solver.rule.text(of: report).contains("no bound"))
    }

    @Test("Rows of weight 0 are as if they were not there; a weight of 2 is a row twice")
    func weights() throws {
        var objective = objective(.logistic, bias: 1)
        let all = objective.rows
        objective.weights = (0..<all.rows).map { Float($0 % 3) }
        let twice = (0..<all.rows).flatMap { [Int](repeating: $0, count: $0 % 3) }
        var other = objective
        other.weights = []
        other.rows = SampleRows(
            twice.map { all.values[$0] },
            classes: twice.map { all.classes?[$0] ?? 0 }
        )
        let rule = StopRule(tolerance: 1e-10)
        let mine = NewtonSolver(try problem(objective), from: start(objective), rule: rule)
        let plain = NewtonSolver(try problem(other), from: start(other), rule: rule)
        #expect(try finish(mine.advance) == .converged)
        #expect(try finish(plain.advance) == .converged)
        for (one, two) in zip(mine.parameters, plain.parameters) { #expect(abs(one - two) < 1e-5) }
    }

    @Test("An L1 penalty gives the minimum of proximal steps, certified", arguments: [0.0, 0.05])
    func lasso(penalty: Double) throws {
        for loss in [Objective.Loss.logistic, .squared, .softmax] {
            var objective = objective(loss, bias: 1)
            objective.shape.penalty = penalty
            let l1 = 0.03
            let rule = StopRule(tolerance: 1e-7)
            let solver = LBFGSSolver(
                try problem(objective),
                from: start(objective),
                scaling: ColumnScaling(
                    centers: [0.1, 0, 0.2, 0],
                    factors: [2, 1, 0.5, 1]
                ),
                l1: l1,
                rule: rule
            )
            #expect(try finish(solver.advance) == .converged)
            let report = try #require(solver.report)
            let expected = proximal(objective, l1: l1)
            #expect(abs(report.value - expected) < 1e-6 * expected)
            #expect(try #require(report.dual) <= expected + 1e-9)
            #expect(try #require(report.gap) <= 1e-7)
            let norm = solver.parameters.prefix(objective.shape.weightCount).reduce(0) {
                $0 + abs($1)
            }
            let value = objective.value(solver.parameters) + l1 * norm
            #expect(abs(value - report.value) < 1e-9)
        }
    }

    /// ISTA with a safe step, until it moves by less than 1e-11; the value it ends at.
    private func proximal(_ objective: Objective, l1: Double) -> Double {
        var point = start(objective)
        let length = 0.15
        for _ in 0..<4000 {
            let slope = objective.gradient(point)
            let before = point
            for index in point.indices {
                let moved = point[index] - length * slope[index]
                let pull = index < objective.shape.weightCount ? length * l1 : 0
                point[index] = moved > pull ? moved - pull : moved < -pull ? moved + pull : 0
            }
            if zip(point, before).allSatisfy({ abs($0 - $1) < 1e-11 }) { break }
        }
        let norm = point.prefix(objective.shape.weightCount).reduce(0) { $0 + abs($1) }
        return objective.value(point) + l1 * norm
    }

    @Test("Two searches give the same bits")
    func repeats() throws {
        let objective = objective(.softmax, bias: 1)
        var found: [[Double]] = []
        for _ in 0..<2 {
            let solver = NewtonSolver(
                try problem(objective),
                from: start(objective),
                rule: StopRule(tolerance: 1e-6)
            )
            _ = try finish(solver.advance)
            found.append(solver.parameters)
        }
        #expect(found[0] == found[1])
    }

    @Test("Columns that differ by twelve orders of magnitude do not disturb it")
    func unscaled() throws {
        var objective = objective(.logistic, bias: 1)
        let factors: [Float] = [1e6, 1, 1e-3, 1e-6]
        let values = objective.rows.values.map { row in zip(row, factors).map { $0 * $1 } }
        objective.rows = SampleRows(values, classes: objective.rows.classes ?? [])
        objective.shape.penalty = 0
        let solver = NewtonSolver(
            try problem(objective),
            from: start(objective),
            rule: StopRule(tolerance: 1e-12)
        )
        #expect(try finish(solver.advance) != .diverged)
        var plain = self.objective(.logistic, bias: 1)
        plain.shape.penalty = 0
        let other = NewtonSolver(
            try problem(plain),
            from: start(plain),
            rule: StopRule(tolerance: 1e-12)
        )
        _ = try finish(other.advance)
        let (mine, expected) = (try #require(solver.report), try #require(other.report))
        #expect(abs(mine.value - expected.value) < 1e-8)
    }
}
