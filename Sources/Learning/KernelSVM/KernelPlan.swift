public import Domain

/// What a kernel machine is asked for.
///
///     min ½‖ω‖² + Σ C_t ξ_t,   ξ_t = max(0, 1 − y_t f(x_t)),   for every pair of classes
public struct KernelPlan: Sendable {
    /// The kernel with its numbers.
    public var function: KernelFunction
    /// C of the rows of each class.
    public var costs: [Double]
    /// LIBSVM's violation at which the search of a pair ends.
    public var tolerance = 1e-3
    /// Bytes of kernel values kept at most, on each rank.
    public var cacheBytes = 200 << 20
    /// Variables of a block at most; nil chooses by the cache.
    public var blockRows: Int?
    /// Variables of a pair from which on those that are sure to stay are left out; nil never.
    public var narrowFrom: Int? = 2000
    /// Whether pairs have Platt's sigmoid.
    public var hasProbabilities = false
    /// What random folds are drawn from.
    public var seed: UInt64 = 0

    /// A plan with LIBSVM's defaults.
    public init(function: KernelFunction, costs: [Double]) {
        (self.function, self.costs) = (function, costs)
    }

    /// Options of a pair's search; `rowsMax` is the most rows that one rank has of a pair.
    func options(rowsMax: Int) -> PairSearch.Options {
        var options = PairSearch.Options()
        options.tolerance = tolerance
        options.cacheBytes = cacheBytes
        options.narrowFrom = narrowFrom
        // A block's rows take at most a quarter of the cache, which a narrow window halves.
        let fitting = cacheBytes / 4 / (4 * Swift.max(1, rowsMax))
        let wanted = blockRows ?? blockRowsBest
        options.blockRows = Swift.max(2, Swift.min(wanted, fitting)) / 2 * 2
        return options
    }
}

/// What the search of a pair came to.
struct PairResult: Equatable {
    /// f = Σ α_t·y_t·K(x_t, ·) − rho.
    var rho = 0.0
    /// ½ αᵀQα − Σα, a minimum.
    var dual = 0.0
    /// ½‖ω‖² + Σ C·ξ.
    var primal = 0.0
    /// The violation that is left.
    var gap = 0.0

    var numbers: [Double] { [rho, dual, primal, gap] }

    init() {}

    init(_ numbers: [Double]) {
        (rho, dual, primal, gap) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }
}

extension PairSearch {
    /// This rank's part of ½ αᵀQα − Σα.
    var ownDual: Double {
        (0..<whole.count).reduce(0) { sum, t in
            let alpha = whole.alpha[t]
            let y = whole.isFirst(t) ? 1.0 : -1
            return alpha > 0 ? sum + alpha * (1 - y * whole.v[t]) / 2 - alpha : sum
        }
    }

    /// rho and the objectives, from all rows of all ranks.
    ///
    /// rho is the mean of −v over the free variables, or the middle of what the others allow, as
    /// in LIBSVM.
    func result() throws(LearningError) -> PairResult {
        var own = [0.0, 0.0, 0.0, 0.0]
        for t in 0..<whole.count {
            let (alpha, y) = (whole.alpha[t], whole.isFirst(t) ? 1.0 : -1)
            if alpha > 0, alpha < whole.cost(t) {
                own[0] += whole.v[t]
                own[1] += 1
            }
            own[2] += alpha * (1 - y * whole.v[t])
            own[3] += alpha
        }
        let sums = try meeting.sum(own)
        var result = PairResult()
        let (high, low) = ends
        if sums[1] > 0 {
            result.rho = -sums[0] / sums[1]
        } else if high.isFinite, low.isFinite {
            result.rho = -(high + low) / 2
        } else {
            // One class alone: f is its sign.
            result.rho = high.isFinite ? -high : low.isFinite ? -low : 0
        }
        var missed = 0.0
        for t in 0..<whole.count {
            let value = whole.v[t] + result.rho
            missed += whole.cost(t) * Swift.max(0, whole.isFirst(t) ? value : -value)
        }
        result.dual = sums[2] / 2 - sums[3]
        result.primal = sums[2] / 2 + (try meeting.sum([missed])[0])
        result.gap = Swift.max(0, gap.isFinite ? gap : 0)
        return result
    }
}

/// Measured on Fashion-MNIST and a9a: fewer make more looks, more move what the next block undoes.
private let blockRowsBest = 256
