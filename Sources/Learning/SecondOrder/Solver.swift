/// A search in iterations that all ranks take together.
public protocol Solver: AnyObject {
    /// Where it stands; nil before the first iteration.
    var report: SolverReport? { get }
    /// θ: weights (outputs, columns) row-major, then biases; the best so far where they differ.
    var parameters: [Double] { get }
    /// When it is done, in words.
    var ruleText: String { get }
    /// What it needs to go on bit for bit.
    var state: SolverState { get }

    /// Takes one step, or finds that none is needed.
    func advance() throws(LearningError) -> SolverVerdict

    /// Takes up a saved state; false where it is not one of this search.
    func restore(_ state: SolverState) -> Bool
}

/// What a solver keeps from one iteration to the next.
public struct SolverState: Equatable, Sendable {
    /// Numbers that all ranks share.
    public var numbers: [Double] = []
    /// Vectors that all ranks share.
    public var vectors: [[Double]] = []
    /// What belongs to this rank's rows.
    public var rows: [Double] = []

    /// A state of nothing yet.
    public init() {}
}

extension NewtonSolver: Solver {
    /// The stop rule.
    public var ruleText: String { report.map(rule.text) ?? "" }

    /// θ, the trust region, and where the preconditioner was made.
    public var state: SolverState {
        var state = SolverState()
        state.numbers = [
            Double(iterations), Double(products), isSingle ? 1 : 0, lastDecrement, radius,
            rule.startNorm ?? .nan, firstSize ?? .nan, isBiasExact ? 1 : 0,
        ]
        state.vectors = [parameters, preconditioner == nil ? [] : preconditionedAt]
        return state
    }

    /// Takes up θ and all that the next step depends on.
    public func restore(_ state: SolverState) -> Bool {
        let count = problem.shape.parameterCount
        guard state.numbers.count == 8, state.vectors.count == 2,
            state.vectors[0].count == count, [0, count].contains(state.vectors[1].count)
        else { return false }
        let numbers = state.numbers
        (iterations, products) = (Int(clamped: numbers[0]), Int(clamped: numbers[1]))
        (isSingle, lastDecrement, radius) = (numbers[2] != 0, numbers[3], numbers[4])
        rule.startNorm = numbers[5].isNaN ? nil : numbers[5]
        firstSize = numbers[6].isNaN ? nil : numbers[6]
        isBiasExact = numbers[7] != 0
        problem.isNarrow = isSingle
        makeGrams()
        (look, matrices, preconditioner) = (nil, [], nil)
        parameters = state.vectors[0]
        pendingPreconditioner = state.vectors[1].isEmpty ? nil : state.vectors[1]
        return true
    }
}

extension LBFGSSolver: Solver {
    /// The stop rule.
    public var ruleText: String { report.map(rule.text) ?? "" }

    /// v, its coordinates, and the pairs that the direction is made of.
    public var state: SolverState {
        var state = SolverState()
        state.numbers = [Double(iterations), rule.startNorm ?? .nan]
        state.vectors = [point, coordinates.centers, coordinates.factors]
        state.vectors += memory.moves + memory.bends
        return state
    }

    /// Takes up v and all that the next step depends on.
    public func restore(_ state: SolverState) -> Bool {
        let (count, columns) = (problem.shape.parameterCount, problem.shape.columns)
        let pairs = Array(state.vectors.dropFirst(3))
        guard state.numbers.count == 2, state.vectors.count >= 3, pairs.count % 2 == 0,
            pairs.count <= 2 * memory.memory, state.vectors[0].count == count,
            state.vectors[1].count == columns, state.vectors[2].count == columns,
            !state.vectors[2].contains(0), pairs.allSatisfy({ $0.count == count })
        else { return false }
        iterations = Int(clamped: state.numbers[0])
        rule.startNorm = state.numbers[1].isNaN ? nil : state.numbers[1]
        point = state.vectors[0]
        coordinates = SolverCoordinates(centers: state.vectors[1], factors: state.vectors[2])
        let half = pairs.count / 2
        memory = QuasiNewton(moves: Array(pairs[..<half]), bends: Array(pairs[half...]))
        look = nil
        return true
    }
}

extension InteriorPoint: Solver {
    /// The stop rule.
    public var ruleText: String { "certified: (P − D)/P ≤ \(tolerance)" }

    /// Every machine's point: ω on all ranks, α, s, ξ and m of this rank's rows.
    public var state: SolverState {
        var state = SolverState()
        state.numbers = [Double(iterations)]
        for machine in machines {
            state.numbers += [machine.primal, machine.dual, Double(machine.shortSteps)]
            state.vectors += [machine.weights, machine.best]
            state.rows += machine.held.point
        }
        return state
    }

    /// Takes up every machine's point.
    public func restore(_ state: SolverState) -> Bool {
        let (count, outputs) = (rows.count, machines.count)
        guard state.numbers.count == 1 + 3 * outputs, state.vectors.count == 2 * outputs,
            state.vectors.allSatisfy({ $0.count == shape.order }),
            state.rows.count == 4 * count * outputs
        else { return false }
        iterations = Int(clamped: state.numbers[0])
        for k in machines.indices {
            machines[k].primal = state.numbers[1 + 3 * k]
            machines[k].dual = state.numbers[2 + 3 * k]
            machines[k].shortSteps = Int(clamped: state.numbers[3 + 3 * k])
            machines[k].weights = state.vectors[2 * k]
            machines[k].best = state.vectors[2 * k + 1]
            machines[k].held.point = Array(state.rows[4 * k * count..<4 * (k + 1) * count])
        }
        return true
    }
}

extension AugmentedLagrangian: Solver {
    /// The stop rule.
    public var ruleText: String { "certified: (P − D)/P ≤ \(tolerance)" }

    /// The state of its Newton steps, the best θ, the stiffness, and the rows' multipliers.
    public var state: SolverState {
        var state = newton.state
        state.numbers += [
            Double(rounds), Double(lastSharpened), problem.loss.stiffness ?? 1, primal, dual,
        ]
        state.vectors.append(parameters)
        state.rows = problem.multipliers
        return state
    }

    /// Takes up the search in the middle of a round.
    public func restore(_ state: SolverState) -> Bool {
        var inner = state
        guard state.numbers.count == 13, state.vectors.count == 3,
            state.vectors[2].count == problem.shape.parameterCount,
            state.rows.count == problem.multipliers.count, state.numbers[10] > 0
        else { return false }
        inner.numbers.removeLast(5)
        inner.vectors.removeLast()
        guard newton.restore(inner) else { return false }
        let numbers = Array(state.numbers[8...])
        (rounds, lastSharpened) = (Int(clamped: numbers[0]), Int(clamped: numbers[1]))
        problem.loss = problem.loss.with(stiffness: numbers[2])
        (primal, dual) = (numbers[3], numbers[4])
        parameters = state.vectors[2]
        problem.multipliers = state.rows
        return true
    }
}

extension RowLoss {
    /// σ, where there is one.
    var stiffness: Double? {
        switch self {
        case .hinge(let stiffness), .crammerSinger(let stiffness): stiffness
        default: nil
        }
    }

    /// The same loss with another σ.
    func with(stiffness: Double) -> RowLoss {
        switch self {
        case .hinge: .hinge(stiffness: stiffness)
        case .crammerSinger: .crammerSinger(stiffness: stiffness)
        default: self
        }
    }
}

extension Int {
    /// The whole number that a checkpoint holds; 0 for what is none.
    fileprivate init(clamped value: Double) {
        self = value >= 0 && value < 1e15 ? Int(value) : 0
    }
}
