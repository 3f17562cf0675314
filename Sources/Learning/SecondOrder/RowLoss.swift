import Glibc
import LinearAlgebra

/// What a row costs as a function of its scores z, with first and second derivatives.
///
///     squared        ½ (z − y)²
///     logistic       ln(1 + e^{−yz}), y = ±1
///     softmax        ln Σₖ e^{zₖ} − z_y
///     squaredHinge   Σₖ max(0, 1 − yₖzₖ)², yₖ = 1 for the row's class and −1 for others
///     hinge          Σₖ max of a(1 − yₖzₖ) − (a − αₖ)²/2σ over a in [0, 1]
///     crammerSinger  max of Σₖ aₖ(zₖ + [k ≠ y]) − ‖a − α‖²/2σ over a ≥ 0 with Σ a = 1, less z_y
///
/// The last two are the hinge losses made smooth by σ around multipliers α of the row (the
/// augmented Lagrangian); the best a is the row's next α. Everything is times the row's weight c,
/// and a then lies within [0, c].
///
/// Curvature is kept as one number q ≥ 0 a score. Where scores are apart it is diagonal:
/// (Qu)ₖ = qₖuₖ. For softmax (q = c·p) and crammerSinger (q = σ where a > 0) it is
/// (Qu)ₖ = qₖ(uₖ − Σⱼqⱼuⱼ / Σⱼqⱼ).
public enum RowLoss: Equatable, Sendable {
    /// Squared error of a real label.
    case squared
    /// Log loss of two classes.
    case logistic
    /// Cross-entropy of several classes.
    case softmax
    /// Squared hinge of each output.
    case squaredHinge
    /// Smoothed hinge of each output, with stiffness σ.
    case hinge(stiffness: Double)
    /// Smoothed multi-class hinge, with stiffness σ.
    case crammerSinger(stiffness: Double)

    /// Whether the curvature ties the scores of a row together.
    var isCoupled: Bool {
        switch self {
        case .softmax, .crammerSinger: true
        default: false
        }
    }

    /// Whether rows have multipliers.
    var isSmoothed: Bool {
        switch self {
        case .hinge, .crammerSinger: true
        default: false
        }
    }
}

/// One row's numbers, where a loss reads and writes them; each (outputs).
struct RowPlace {
    /// z; read.
    var scores: UnsafePointer<Double>
    /// α; read, where there are multipliers.
    var multipliers: UnsafePointer<Double>?
    /// The derivative by z; written.
    var residuals: UnsafeMutablePointer<Double>
    /// q; written.
    var curvature: UnsafeMutablePointer<Double>
    /// Number of scores.
    var outputs: Int
    /// c.
    var weight: Double
}

/// What rows cost together.
struct LossSums {
    /// Σ of the smooth loss.
    var value = 0.0
    /// Σ of the loss that is meant: of the hinge itself where it is smoothed.
    var exact = 0.0
    /// Σ a(1), the linear part of the dual objective, where there are multipliers.
    var dual = 0.0
}

extension RowLoss {
    /// Writes the residual and curvature of one row and adds its loss.
    ///
    /// `label` is the class, or the real value for squared loss.
    func take(_ place: RowPlace, label: Double, into sums: inout LossSums) {
        switch self {
        case .squared:
            let error = place.scores[0] - label
            place.residuals[0] = place.weight * error
            place.curvature[0] = place.weight
            sums.value += place.weight * 0.5 * error * error
        case .logistic:
            let score = place.scores[0]
            let tail = exp(-abs(score))
            let share = 1 / (1 + tail)
            let probability = score >= 0 ? share : tail * share
            place.residuals[0] = place.weight * (probability - label)
            place.curvature[0] = place.weight * tail * share * share
            sums.value +=
                place.weight * (Swift.max(score, 0) + log1p(tail) - label * score)
        case .softmax: takeSoftmax(place, Int(label), &sums)
        case .squaredHinge:
            for k in 0..<place.outputs {
                let sign = RowLoss.sign(of: k, outputs: place.outputs, label: label)
                let short = Swift.max(0, 1 - sign * place.scores[k])
                place.residuals[k] = -2 * place.weight * sign * short
                place.curvature[k] = short > 0 ? 2 * place.weight : 0
                sums.value += place.weight * short * short
            }
        case .hinge(let stiffness): takeHinge(place, label, stiffness, &sums)
        case .crammerSinger(let stiffness): takeTop(place, Int(label), stiffness, &sums)
        }
    }

    /// +1 where output k is for the row's class, else −1; a single output is for class 1.
    static func sign(of k: Int, outputs: Int, label: Double) -> Double {
        let target = outputs == 1 ? 1 : k
        return Int(label) == target ? 1 : -1
    }

    private func takeSoftmax(_ place: RowPlace, _ label: Int, _ sums: inout LossSums) {
        let count = place.outputs
        var largest = place.scores[0]
        for k in 1..<count { largest = Swift.max(largest, place.scores[k]) }
        var total = 0.0
        for k in 0..<count {
            let power = exp(place.scores[k] - largest)
            place.curvature[k] = power
            total += power
        }
        let factor = place.weight / total
        for k in 0..<count {
            place.curvature[k] *= factor
            place.residuals[k] = place.curvature[k]
        }
        place.residuals[label] -= place.weight
        sums.value += place.weight * (largest + log(total) - place.scores[label])
    }

    private func takeHinge(
        _ place: RowPlace,
        _ label: Double,
        _ stiffness: Double,
        _ sums: inout LossSums
    ) {
        for k in 0..<place.outputs {
            let sign = RowLoss.sign(of: k, outputs: place.outputs, label: label)
            let old = place.multipliers?[k] ?? 0
            let short = 1 - sign * place.scores[k]
            let free = old + stiffness * short
            let next = Swift.min(Swift.max(free, 0), place.weight)
            place.residuals[k] = -sign * next
            place.curvature[k] = free > 0 && free < place.weight ? stiffness : 0
            let moved = next - old
            sums.value += next * short - moved * moved / (2 * stiffness)
            sums.exact += place.weight * Swift.max(0, short)
            sums.dual += next
        }
    }

    private func takeTop(
        _ place: RowPlace,
        _ label: Int,
        _ stiffness: Double,
        _ sums: inout LossSums
    ) {
        let (count, scores) = (place.outputs, place.scores)
        let next = place.residuals
        var top = -Double.infinity
        for k in 0..<count {
            let margin = scores[k] + (k == label ? 0 : 1)
            top = Swift.max(top, margin)
            next[k] = (place.multipliers?[k] ?? 0) + stiffness * margin
        }
        projectOnSimplex(next, count: count, total: place.weight, room: place.curvature)
        var value = -place.weight * scores[label]
        for k in 0..<count {
            let moved = next[k] - (place.multipliers?[k] ?? 0)
            value += next[k] * (scores[k] + (k == label ? 0 : 1))
            value -= moved * moved / (2 * stiffness)
            if k != label { sums.dual += next[k] }
            place.curvature[k] = next[k] > 0 ? stiffness : 0
        }
        sums.value += value
        sums.exact += place.weight * (top - scores[label])
        next[label] -= place.weight
    }

    /// Replaces u by Qu, for one row.
    ///
    /// Shapes: `curvature` q and `vector` u (outputs).
    @inline(__always)
    func bend(
        _ vector: UnsafeMutablePointer<Double>,
        _ curvature: UnsafePointer<Double>,
        outputs: Int
    ) {
        guard isCoupled else {
            for k in 0..<outputs { vector[k] *= curvature[k] }
            return
        }
        var (total, mean) = (0.0, 0.0)
        for k in 0..<outputs {
            total += curvature[k]
            mean += curvature[k] * vector[k]
        }
        if total > 0 { mean /= total }
        for k in 0..<outputs { vector[k] = curvature[k] * (vector[k] - mean) }
    }

    /// ℓ*(s·r) of one row, r being its residual at the scores and s in [0, 1].
    ///
    /// Shapes: `residuals` (outputs). The convex conjugate by z; 0·ln 0 = 0. Only for the losses
    /// that an L1 penalty goes with, rows of weight 1 times `weight`.
    func conjugate(
        _ residuals: UnsafePointer<Double>,
        outputs: Int,
        label: Double,
        weight: Double,
        scale: Double
    ) -> Double {
        guard weight > 0 else { return 0 }
        func entropy(_ p: Double) -> Double { p > 0 ? p * log(p) : 0 }
        switch self {
        case .squared:
            let u = scale * residuals[0] / weight
            return weight * (u * u / 2 + u * label)
        case .logistic:
            let u = scale * residuals[0] / weight + label
            return weight * (entropy(u) + entropy(1 - u))
        case .softmax:
            var sum = 0.0
            for k in 0..<outputs {
                sum += entropy(scale * residuals[k] / weight + (k == Int(label) ? 1 : 0))
            }
            return weight * sum
        case .squaredHinge, .hinge, .crammerSinger:
            preconditionFailure("no L1 penalty goes with a support vector machine")
        }
    }
}

/// Replaces u by the nearest a ≥ 0 with Σ a = total.
///
/// Sorting by insertion: classes are few. Shapes: `vector` u and `room` (count).
/// Source: Held, Wolfe & Crowder, "Validation of subgradient optimization", 1974.
func projectOnSimplex(
    _ vector: UnsafeMutablePointer<Double>,
    count: Int,
    total: Double,
    room: UnsafeMutablePointer<Double>
) {
    for k in 0..<count {
        var place = k
        while place > 0, room[place - 1] < vector[k] {
            room[place] = room[place - 1]
            place -= 1
        }
        room[place] = vector[k]
    }
    var (sum, threshold) = (0.0, 0.0)
    for k in 0..<count {
        sum += room[k]
        let candidate = (sum - total) / Double(k + 1)
        guard k == 0 || room[k] > candidate else { break }
        threshold = candidate
    }
    for k in 0..<count { vector[k] = Swift.max(0, vector[k] - threshold) }
}
