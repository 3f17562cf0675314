import Learning
import LinearAlgebra
import RowSamples
import Testing

@Suite("Linear support vector machines")
struct MachineTests {
    private func shape(
        _ rows: SampleRows,
        outputs: Int,
        bias: Double?,
        isFree: Bool,
        cost: Double
    )
        -> SmoothProblem.Shape
    {
        SmoothProblem.Shape(
            outputs: outputs,
            columns: rows.columns,
            bias: bias,
            penalty: 1,
            biasPenalty: isFree ? 0 : 1,
            factor: cost
        )
    }

    private func finish(_ step: () throws -> SolverVerdict) throws -> SolverVerdict {
        for _ in 0..<3000 {
            let verdict = try step()
            if verdict != .moved { return verdict }
        }
        return .moved
    }

    /// The interior point's solution, to 1e-7.
    private func interior(
        _ shape: SmoothProblem.Shape,
        _ rows: SolverRows
    ) throws -> InteriorPoint {
        let solver = try InteriorPoint(
            shape,
            rows: rows,
            shared: SharedSums(LoneReducer()),
            tolerance: 1e-7
        )
        #expect(try finish(solver.advance) == .converged)
        return solver
    }

    /// The solution of the method of multipliers.
    private func multiplied(
        _ shape: SmoothProblem.Shape,
        _ loss: RowLoss,
        _ rows: SampleRows,
        tolerance: Double
    ) throws -> AugmentedLagrangian {
        let problem = try SmoothProblem(
            shape,
            loss: loss,
            rows: SolverRows(rows),
            shared: SharedSums(LoneReducer())
        )
        let solver = AugmentedLagrangian(problem, tolerance: tolerance)
        #expect(try finish(solver.advance) == .converged)
        return solver
    }

    /// D* by coordinate descent on α, with b as a feature or none: slow, and surely from below.
    private func dualOptimum(_ objective: Objective, sweeps: Int = 60_000) -> Double {
        let rows = objective.rows.values.map { row in
            row.map { Double($0) } + (objective.shape.bias.map { [$0] } ?? [])
        }
        let signs = (objective.rows.classes ?? []).map { $0 == 1 ? 1.0 : -1 }
        let bounds = (0..<rows.count).map {
            objective.shape.factor
                * (objective.weights.isEmpty ? 1 : Double(objective.weights[$0]))
        }
        var alpha = [Double](repeating: 0, count: rows.count)
        var omega = [Double](repeating: 0, count: rows[0].count)
        for _ in 0..<sweeps {
            for i in rows.indices {
                let square = rows[i].reduce(0) { $0 + $1 * $1 }
                // Nothing moves the margin of a row of zeros: it costs its whole bound.
                guard square > 0 else {
                    alpha[i] = bounds[i]
                    continue
                }
                let score = zip(omega, rows[i]).reduce(0) { $0 + $1.0 * $1.1 }
                let next = min(max(alpha[i] + (1 - signs[i] * score) / square, 0), bounds[i])
                let moved = (next - alpha[i]) * signs[i]
                for j in omega.indices { omega[j] += moved * rows[i][j] }
                alpha[i] = next
            }
        }
        return alpha.reduce(0, +) - omega.reduce(0) { $0 + $1 * $1 } / 2
    }

    @Test(
        "The interior point meets coordinate descent",
        arguments: [nil, 1.0, 3.0],
        [0.01, 1, 100]
    )
    func interior(bias: Double?, cost: Double) throws {
        for isSparse in [false, true] {
            let rows = overlapping(isSparse: isSparse)
            let shape = shape(rows, outputs: 1, bias: bias, isFree: false, cost: cost)
            let objective = Objective(loss: .hinge, rows: rows, shape: shape)
            let solver = try interior(shape, SolverRows(rows))
            let report = try #require(solver.report)
            #expect(report.iterations <= 40)
            let value = objective.value(solver.parameters)
            #expect(abs(value - report.value) < 1e-9 * value)
            let least = dualOptimum(objective)
            // Coordinate descent comes from below and is within 1e-6 after so many sweeps.
            #expect(value >= least - 1e-9 * value)
            #expect(value - least < 2e-6 * value)
            #expect(try #require(report.dual) <= value)
        }
    }

    @Test("A free bias: both methods agree, and no other bias is better", arguments: [0.05, 1, 20])
    func free(cost: Double) throws {
        let rows = overlapping()
        let shape = shape(rows, outputs: 1, bias: 1, isFree: true, cost: cost)
        let objective = Objective(loss: .hinge, rows: rows, shape: shape)
        let solver = try interior(shape, SolverRows(rows))
        let value = objective.value(solver.parameters)
        let dual = try #require(solver.report?.dual)
        #expect(value >= dual && value - dual <= 1e-7 * value)
        for shift in [-0.1, -1e-3, 1e-3, 0.1] {
            var moved = solver.parameters
            moved[shape.weightCount] += shift
            #expect(objective.value(moved) >= dual)
        }
        let other = try multiplied(shape, .hinge(stiffness: 0.3), rows, tolerance: 1e-6)
        #expect(abs(objective.value(other.parameters) - value) < 2e-6 * value)
    }

    @Test("A row's weight is a factor of its C; rows of weight 0 are not there")
    func weights() throws {
        let rows = overlapping()
        let shape = shape(rows, outputs: 1, bias: 1, isFree: false, cost: 2)
        var objective = Objective(loss: .hinge, rows: rows, shape: shape)
        objective.weights = (0..<rows.rows).map { Float($0 % 4) / 2 }
        let solver = try interior(shape, SolverRows(rows, weights: objective.weights))
        let value = objective.value(solver.parameters)
        let least = dualOptimum(objective)
        #expect(value >= least - 1e-9 * value && value - least < 2e-6 * value)
    }

    @Test("One against the rest is what each class gives alone")
    func oneVsRest() throws {
        let rows = overlapping(classes: 3)
        let joint = shape(rows, outputs: 3, bias: 1, isFree: true, cost: 1)
        let solver = try interior(joint, SolverRows(rows))
        var sum = 0.0
        for k in 0..<3 {
            let own = (rows.classes ?? []).map { Int($0) == k ? Int32(1) : 0 }
            let alone = SampleRows(rows.values, classes: own)
            let single = try interior(
                shape(rows, outputs: 1, bias: 1, isFree: true, cost: 1),
                SolverRows(alone)
            )
            sum += try #require(single.report?.value)
        }
        let value = Objective(loss: .hinge, rows: rows, shape: joint).value(solver.parameters)
        #expect(abs(value - sum) < 1e-6 * sum)
    }

    @Test("Crammer and Singer: certified, and plain subgradients never fall below the dual")
    func crammerSinger() throws {
        for isFree in [true, false] {
            let rows = overlapping(classes: 3)
            let shape = shape(rows, outputs: 3, bias: 1, isFree: isFree, cost: 0.5)
            let objective = Objective(loss: .crammerSinger, rows: rows, shape: shape)
            let solver = try multiplied(
                shape,
                .crammerSinger(stiffness: 0.3),
                rows,
                tolerance: 1e-6
            )
            let report = try #require(solver.report)
            let dual = try #require(report.dual)
            let value = objective.value(solver.parameters)
            #expect(abs(value - report.value) < 1e-9 * value)
            #expect(value - dual <= 1e-6 * value)
            let reached = subgradients(objective)
            #expect(reached >= dual - 1e-9 * value)
            // Steps of 1/t come within a percent.
            #expect(reached - value < 0.01 * value)
        }
    }

    private func subgradients(_ objective: Objective) -> Double {
        var point = [Double](repeating: 0, count: objective.shape.parameterCount)
        var best = objective.value(point)
        for step in 1...3000 {
            let slope = objective.gradient(point)
            for index in point.indices { point[index] -= slope[index] / Double(step + 20) }
            best = min(best, objective.value(point))
        }
        return best
    }

    @Test("Many columns: the method of multipliers agrees with the interior point")
    func manyColumns() throws {
        let rows = overlapping(columns: 90)
        let shape = shape(rows, outputs: 1, bias: 1, isFree: false, cost: 1)
        let exact = try interior(shape, SolverRows(rows))
        let other = try multiplied(shape, .hinge(stiffness: 0.3), rows, tolerance: 1e-5)
        let (mine, theirs) = (try #require(exact.report), try #require(other.report))
        #expect(abs(mine.value - theirs.value) < 2e-5 * mine.value)
    }

    @Test("A simplex is projected on as sorting says")
    func simplex() throws {
        let rows = SampleRows([[1], [1]], classes: [0, 2])
        let shape = shape(rows, outputs: 3, bias: nil, isFree: false, cost: 1)
        let problem = try SmoothProblem(
            shape,
            loss: .crammerSinger(stiffness: 1),
            rows: SolverRows(rows),
            shared: SharedSums(LoneReducer())
        )
        // Row 0 has margins (0, 1 + 0.5, 1 + 0.2), whose projection is its a, (0, 0.65, 0.35);
        // row 1's are (1, 1 + 0.5, 0.2): (0.25, 0.75, 0). A gradient is the sum of a − e_y.
        let (look, _) = try problem.evaluate(at: [0, 0.5, 0.2])
        for (mine, value) in zip(look.lossGradient, [0.25 - 1, 1.4, 0.35 - 1]) {
            #expect(abs(mine - value) < 1e-12)
        }
    }
}
