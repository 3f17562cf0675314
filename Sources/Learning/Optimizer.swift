import CKernels
public import Domain
public import LinearAlgebra

/// Which steps to take, all numbers settled.
public struct OptimizerRule: Equatable, Sendable {
    /// Which family.
    public var kind: OptimizerKind
    /// μ, or β₁.
    public var momentum: Float
    /// β₂.
    public var secondDecay: Float
    /// Whether momentum looks ahead.
    public var isNesterov: Bool
    /// Decoupled decay of the weights, times the rate.
    public var decay: Float
    /// Whether the mean of the parameters is kept.
    public var isAveraged: Bool

    /// Steps of `kind` with the usual decays and nothing else.
    public init(_ kind: OptimizerKind, momentum: Float = 0.9) {
        self.kind = kind
        self.momentum = momentum
        secondDecay = 0.999
        isNesterov = false
        decay = 0
        isAveraged = false
    }

    /// Whether it keeps a first moment.
    public var hasFirst: Bool { kind != .adagrad }
    /// Whether it keeps a second moment.
    public var hasSecond: Bool { kind != .sgd && kind != .lars }
    /// Whether a step needs the norm of a whole layer's gradient.
    public var isByLayer: Bool { kind == .lars || kind == .lamb }
}

/// Parameters that are decayed, penalised and measured together: one layer's weights or biases.
public struct ParameterGroup: Equatable, Sendable {
    /// Which they are.
    public var range: Range<Int>
    /// λ of each; 0 for biases.
    public var penalty: Float
    /// Whether they are weights: biases are not decayed and take whole steps.
    public var isWeights: Bool

    /// A group of its parts.
    public init(_ range: Range<Int>, penalty: Float, isWeights: Bool) {
        (self.range, self.penalty, self.isWeights) = (range, penalty, isWeights)
    }
}

/// Steps on summed gradients, and the mean of where they led.
///
/// With n the rows of a step, c the clipping factor, λ the penalty and g = c/n·Σ∇ℓ + λθ:
///
///     sgd      v ← μv + g                          θ ← θ − ηv − ηdθ        (Nesterov: g + μv)
///     adagrad  s ← s + g²                          θ ← θ − ηg/(√s + ε) − ηdθ
///     adam(w)  m ← β₁m + (1−β₁)g, s ← β₂s + (1−β₂)g²
///                                                  θ ← θ − ηm̂/(√ŝ + ε) − ηdθ
///     lars     v ← μv + r·(g + dθ), r = τ‖θ‖/(‖g‖ + d‖θ‖)       θ ← θ − ηv
///     lamb     u = m̂/(√ŝ + ε) + dθ, r = ‖θ‖/‖u‖                 θ ← θ − ηru
///
/// Elementwise, and norms in a fixed order, so all ranks get the same bits.
/// Sources: Polyak 1964; Nesterov 1983, in the form of Sutskever et al., ICML 2013; Duchi, Hazan &
/// Singer, JMLR 12, 2011; Kingma & Ba, ICLR 2015; Loshchilov & Hutter, ICLR 2019; You, Gitman &
/// Ginsburg, "Large batch training of convolutional networks", 2017; You et al., "Large batch
/// optimization for deep learning", ICLR 2020; the mean: Polyak & Juditsky 1992.
public struct Optimizer: ~Copyable {
    /// θ.
    public var parameters: Vector
    /// v or m; empty where there is none.
    public var first: Vector
    /// s; empty where there is none.
    public var second: Vector
    /// Mean of θ over the last `averagedSteps` steps; empty where it is not kept.
    public var average: Vector
    /// How many steps are in `average`.
    public var averagedSteps = 0
    /// Steps taken so far.
    public var steps = 0
    /// Which steps are taken.
    public let rule: OptimizerRule
    private let groups: [ParameterGroup]
    private let penalties: Vector
    private var direction: Vector

    /// Steps that begin at `parameters`.
    ///
    /// `penalties` are λ of each parameter; where they are empty those of the groups count.
    /// - Precondition: the groups tile the parameters, in order.
    public init(
        _ rule: OptimizerRule,
        from parameters: consuming Vector,
        groups: [ParameterGroup],
        penalties: [Float] = []
    ) {
        let count = parameters.count
        precondition(groups.last?.range.upperBound ?? 0 == count, "groups do not reach \(count)")
        precondition(penalties.isEmpty || penalties.count == count, "\(penalties.count) penalties")
        precondition(penalties.isEmpty || !rule.isByLayer, "\(rule.kind) takes one λ a group")
        self.parameters = parameters
        self.rule = rule
        self.groups = groups
        self.penalties = Vector(penalties)
        first = Vector(zeros: rule.hasFirst ? count : 0)
        second = Vector(zeros: rule.hasSecond ? count : 0)
        average = Vector(zeros: rule.isAveraged ? count : 0)
        let widest = groups.map(\.range.count).max() ?? 0
        direction = Vector(zeros: rule.kind == .lamb ? widest : 0)
    }

    /// How many vectors as long as the parameters a step changes, these among them.
    public var vectorCount: Int { 1 + (rule.hasFirst ? 1 : 0) + (rule.hasSecond ? 1 : 0) }

    /// Takes one whole step; with no rows at all nothing moves.
    ///
    /// Shapes: `gradient` (p or more), summed over `rows` rows of all ranks.
    public mutating func step(gradient: borrowing Vector, rows: Int, rate: Float) {
        guard rows > 0 else { return }
        begin()
        update(0..<parameters.count, by: gradient, scale: 1 / Float(rows), rate: rate)
        end()
    }

    /// Begins a step, whose parts follow.
    public mutating func begin() { steps += 1 }

    /// Moves the parameters of `range`, a part of the present step.
    ///
    /// Shapes: `gradient` (p or more), of which `scale` times is the mean.
    /// - Precondition: for a rule by layer `range` holds whole groups.
    public mutating func update(
        _ range: Range<Int>,
        by gradient: borrowing Vector,
        scale: Float,
        rate: Float
    ) {
        precondition(gradient.count >= parameters.count, "\(gradient.count) gradient elements")
        for group in groups {
            let part = group.range.clamped(to: range)
            guard !part.isEmpty else { continue }
            precondition(!rule.isByLayer || part == group.range, "\(part) of \(group.range)")
            move(part, of: group, gradient, ck(scale: scale, rate: rate, of: group))
        }
    }

    /// Ends a step: the mean takes where it led.
    public mutating func end() {
        guard rule.isAveraged else { return }
        averagedSteps += 1
        ck_mean_f32(
            average.buffer.baseAddress,
            parameters.buffer.baseAddress,
            1 / Float(averagedSteps),
            parameters.count
        )
    }

    /// Writes the parameters and then the moments, each times `share`.
    ///
    /// Shapes: `target` (vectorCount · p, or more).
    public func write(times share: Float, to target: inout Vector) {
        precondition(target.count >= vectorCount * parameters.count, "\(target.count) elements")
        target.clear(0..<vectorCount * parameters.count)
        var start = 0
        func put(_ vector: borrowing Vector) {
            guard vector.count > 0 else { return }
            ck_axpy_f32(
                share,
                vector.buffer.baseAddress,
                target.buffer.baseAddress.map { $0 + start },
                vector.count
            )
            start += vector.count
        }
        put(parameters)
        put(first)
        put(second)
    }

    /// Takes parameters and moments as `write` lays them down.
    public mutating func read(from source: borrowing Vector) {
        precondition(source.count >= vectorCount * parameters.count, "\(source.count) elements")
        guard let base = source.buffer.baseAddress else { return }
        let count = parameters.count
        parameters.buffer.baseAddress?.update(from: base, count: count)
        first.buffer.baseAddress?.update(from: base + count, count: first.count)
        let start = count + first.count
        second.buffer.baseAddress?.update(from: base + start, count: second.count)
    }

    /// Begins the mean anew with the next step.
    public mutating func beginAverage() { averagedSteps = 0 }

    /// Goes on from the mean, at rest; what the noise of the batches did has been averaged out.
    public mutating func settle() {
        guard averagedSteps > 0 else { return }
        parameters.copy(from: average)
        first.clear()
        averagedSteps = 0
    }

    private func ck(scale: Float, rate: Float, of group: ParameterGroup) -> ck_step {
        // Powers by multiplication: the same bits everywhere.
        var (left1, left2) = (1.0, 1.0)
        if rule.hasFirst, rule.hasSecond {
            (left1, left2) = (
                power(Double(rule.momentum), steps), power(Double(rule.secondDecay), steps)
            )
        }
        return ck_step(
            scale: scale,
            rate: rate,
            shrink: group.isWeights ? rate * rule.decay : 0,
            penalty: group.penalty,
            beta1: rule.momentum,
            beta2: rule.secondDecay,
            correct1: left1 < 1 ? Float(1 / (1 - left1)) : 1,
            correct2: left2 < 1 ? Float(1 / (1 - left2)) : 1,
            epsilon: rule.kind == .lamb ? 1e-6 : rule.kind == .adagrad ? 1e-10 : 1e-8
        )
    }

    private mutating func move(
        _ range: Range<Int>,
        of group: ParameterGroup,
        _ gradient: borrowing Vector,
        _ step: ck_step
    ) {
        let start = range.lowerBound
        let theta = parameters.buffer.baseAddress.map { $0 + start }
        let slope = UnsafePointer(gradient.buffer.baseAddress).map { $0 + start }
        let m = rule.hasFirst ? first.buffer.baseAddress.map { $0 + start } : nil
        let s = rule.hasSecond ? second.buffer.baseAddress.map { $0 + start } : nil
        let own = UnsafePointer(penalties.buffer.baseAddress).map { $0 + start }
        let lambda = penalties.count > 0 ? own : nil
        switch rule.kind {
        case .sgd where rule.isNesterov:
            ck_nesterov_f32(theta, m, slope, lambda, step, range.count)
        case .sgd: ck_momentum_f32(theta, m, slope, lambda, step, range.count)
        case .adagrad: ck_adagrad_f32(theta, s, slope, lambda, step, range.count)
        case .adam, .adamw: ck_adam_f32(theta, m, s, slope, lambda, step, range.count)
        case .lars:
            let local = layerwise(step, range, gradient, isWeights: group.isWeights)
            ck_momentum_f32(theta, m, slope, nil, local, range.count)
        case .lamb:
            var whole = step
            whole.shrink = group.isWeights ? rule.decay : 0
            let along = direction.buffer.baseAddress
            ck_adam_direction_f32(theta, m, s, slope, along, whole, range.count)
            let length = sumOfSquares(parameters, in: range).squareRoot()
            let reach = sumOfSquares(direction, in: 0..<range.count).squareRoot()
            let isScaled = group.isWeights && length > 0 && reach > 0
            let ratio = isScaled ? Float(length / reach) : 1
            ck_axpy_f32(-step.rate * ratio, along, theta, range.count)
        }
    }

    /// The step of LARS for one layer; a layer of zeros takes it whole.
    private func layerwise(
        _ step: ck_step,
        _ range: Range<Int>,
        _ gradient: borrowing Vector,
        isWeights: Bool
    ) -> ck_step {
        var local = step
        local.shrink = 0
        guard isWeights else { return local }
        local.penalty += rule.decay
        let length = sumOfSquares(parameters, in: range).squareRoot()
        let slope = sumOfSquares(gradient, in: range).squareRoot() * Double(step.scale)
        guard length > 0, slope > 0 else { return local }
        let ratio = Float(trust * length / (slope + Double(local.penalty) * length))
        local.scale *= ratio
        local.penalty *= ratio
        return local
    }
}

/// τ of LARS, as its authors take it.
private let trust = 0.001

private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest % 2 == 1 { result *= square }
        square *= square
        rest /= 2
    }
    return result
}
