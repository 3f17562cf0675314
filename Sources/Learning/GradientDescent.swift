/// Full-batch gradient descent whose step finds itself.
///
///     θ ← θ − α·∇P(θ)
///
/// α begins at the Barzilai–Borwein length (sᵀs/sᵀy and sᵀy/yᵀy in turn, s and y being the last
/// change of θ and of ∇P) and is halved until P falls enough below the largest of its last ten
/// values. No rate has to be found by hand. A value and a gradient are needed together for each
/// trial, so an accepted first trial costs one pass over the rows.
/// Source: Barzilai & Borwein, IMA J. Numer. Anal. 8, 1988; Raydan, SIAM J. Optim. 7, 1997.
public struct GradientDescent: Sendable, Equatable {
    /// θ.
    public private(set) var parameters: [Double]
    /// P(θ), once known.
    public private(set) var value: Double?
    /// ∇P(θ), once known.
    public private(set) var gradient: [Double]
    /// α of the next trial.
    public private(set) var step: Double
    /// The last values of P, the newest last.
    public private(set) var history: [Double]
    /// Steps taken.
    public private(set) var steps: Int
    /// Trials refused since the last step taken.
    public private(set) var halvings = 0

    /// A search that begins at `parameters` with a first trial of length `step`.
    public init(parameters: [Double], step: Double) {
        self.parameters = parameters
        self.step = step
        gradient = []
        history = []
        steps = 0
    }

    /// A search as it was when it was saved.
    public init(
        parameters: [Double],
        value: Double?,
        gradient: [Double],
        step: Double,
        history: [Double],
        steps: Int
    ) {
        self.parameters = parameters
        self.value = value
        self.gradient = gradient
        self.step = step
        self.history = history
        self.steps = steps
    }

    /// What became of a trial.
    public enum Verdict: Equatable, Sendable {
        /// It is the new θ.
        case accepted
        /// It did not lower P enough; the next one is shorter.
        case refused
        /// No step of any useful length lowers P: this is as low as the arithmetic goes.
        case exhausted
    }

    /// Where P and ∇P are wanted next; every element is a `Float`, as models hold them.
    public var trial: [Double] {
        guard value != nil else { return parameters }
        return zip(parameters, gradient).map { Double(Float($0 - step * $1)) }
    }

    /// Takes P and ∇P at `trial`.
    public mutating func take(value trialValue: Double, gradient trialGradient: [Double]) -> Verdict
    {
        let point = trial
        guard value != nil, let ceiling = history.max() else {
            accept(point, trialValue, trialGradient)
            return .accepted
        }
        let slope = gradient.reduce(0) { $0 + $1 * $1 }
        // The rounding of a sum of losses; below it a comparison says nothing.
        let noise = 1e-12 * abs(ceiling)
        guard trialValue <= ceiling - 1e-4 * step * slope + noise else {
            halvings += 1
            step /= trialValue.isFinite ? 2 : 10
            return halvings > 60 ? .exhausted : .refused
        }
        let moved = zip(point, parameters).map { $0 - $1 }
        let bent = zip(trialGradient, gradient).map { $0 - $1 }
        steps += 1
        accept(point, trialValue, trialGradient)
        lengthen(moved, bent)
        return .accepted
    }

    private mutating func accept(_ point: [Double], _ value: Double, _ gradient: [Double]) {
        parameters = point
        self.value = value
        self.gradient = gradient
        halvings = 0
        history.append(value)
        if history.count > 10 { history.removeFirst() }
    }

    private mutating func lengthen(_ moved: [Double], _ bent: [Double]) {
        let product = zip(moved, bent).reduce(0) { $0 + $1.0 * $1.1 }
        guard product > 0 else {
            step *= 4
            return
        }
        let length = moved.reduce(0) { $0 + $1 * $1 }
        let bend = bent.reduce(0) { $0 + $1 * $1 }
        let next = steps % 2 == 0 ? length / product : product / bend
        step = Swift.min(Swift.max(next, 1e-20), 1e20)
    }
}
