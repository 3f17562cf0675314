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
    /// Blocks of all ranks after which whoever searches will end; nil where nothing says so.
    public var blocksMax: Int?
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
        guard whole.v.allSatisfy(\.isFinite) else { throw .kernelNotFinite }
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
        result.rho = rho(free: sums[0], count: sums[1], ends)
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

    /// The mean of −v over `count` free variables of which `sum` is Σ v, or the middle of the ends.
    private func rho(
        free sum: Double,
        count: Double,
        _ ends: (largest: Double, smallest: Double)
    ) -> Double {
        let (high, low) = ends
        if count > 0 { return -sum / count }
        if high.isFinite, low.isFinite { return -(high + low) / 2 }
        // One class alone: f is its sign.
        return high.isFinite ? -high : low.isFinite ? -low : 0
    }

    /// α of this rank's rows, and rho from them alone, as they stand.
    ///
    /// It takes no kernel value: what is free lies in the narrow window, where v is right.
    var standing: (alpha: [Double], rho: Double) {
        var alpha = whole.alpha
        for (t, origin) in (narrow?.origins ?? []).enumerated() {
            alpha[Int(origin)] = window.alpha[t]
        }
        let free = (0..<window.count).filter {
            window.alpha[$0] > 0 && window.alpha[$0] < window.cost($0)
        }
        let found = window.look(countMax: 1, band: (-Double.infinity, Double.infinity))
        let rho = rho(
            free: free.reduce(0) { $0 + window.v[$1] },
            count: Double(free.count),
            (found.largest, found.smallest)
        )
        return (alpha, rho)
    }
}

/// Measured on Fashion-MNIST and a9a: fewer make more looks, more move what the next block undoes.
private let blockRowsBest = 256
