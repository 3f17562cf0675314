import Glibc

/// What a model is punished for, per row, as a function of its scores.
///
///     squared    ½ (z − y)²                       residual  z − y
///     logistic   ln(1 + eᶻ) − y·z, y ∈ {0, 1}      residual  σ(z) − y
///     softmax    ln Σₖ e^{zₖ} − z_y                residual  softmax(z) − e_y
///
/// The residual is the derivative by the scores.
enum Loss {
    case squared
    case logistic
    case softmax(classes: Int)
    /// Of a linear machine: max(0, 1 − y·z), y = ±1, summed over the outputs.
    case hinge(outputs: Int)

    /// A bound of the second derivative by the scores, for any scores.
    ///
    /// Source, for softmax: Böhning, "Multinomial logistic regression algorithm", Ann. Inst. Stat.
    /// Math. 44, 1992.
    var curvature: Double {
        switch self {
        case .squared: 1
        case .logistic: 0.25
        case .softmax: 0.5
        case .hinge: 1
        }
    }

    /// Replaces the scores of one row by its residual and returns its loss in nats.
    ///
    /// Shapes: `scores` (outputs).
    func take(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double {
        switch self {
        case .squared:
            let error = scores[0] - label
            scores[0] = error
            return 0.5 * Double(error) * Double(error)
        case .logistic:
            let score = Double(scores[0])
            let tail = exp(-abs(score))
            let probability = score >= 0 ? 1 / (1 + tail) : tail / (1 + tail)
            scores[0] = Float(probability - Double(label))
            return Swift.max(score, 0) + log1p(tail) - Double(label) * score
        case .softmax(let classes):
            let target = Int(label)
            let score = Double(scores[target])
            let logSum = exponentiate(scores, classes)
            scores[target] -= 1
            return logSum - score
        case .hinge(let outputs):
            var sum = 0.0
            for k in 0..<outputs {
                let isOwn = outputs == 1 ? label > 0 : Int(label) == k
                let missed = 1 - (isOwn ? scores[k] : -scores[k])
                scores[k] = missed > 0 ? (isOwn ? -1 : 1) : 0
                sum += Double(Swift.max(0, missed))
            }
            return sum
        }
    }

    /// Replaces the scores of one row by its weighted residual and returns its weighted loss.
    ///
    /// Shapes: `scores` (outputs), `classWeights` (classes), or empty where all rows count one.
    func take(
        _ scores: UnsafeMutablePointer<Float>,
        outputs: Int,
        label: Float,
        classWeights: [Float]
    ) -> Double {
        let own = take(scores, label: label)
        guard !classWeights.isEmpty else { return own }
        let weight = classWeights[Int(label)]
        for output in 0..<outputs { scores[output] *= weight }
        return own * Double(weight)
    }

    /// Replaces the scores of one row by probabilities of the classes; empty where they are none.
    ///
    /// Shapes: `scores` (outputs), the result (classes): two for a logistic model.
    func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float] {
        switch self {
        case .squared, .hinge: return []
        case .logistic:
            let score = Double(scores[0])
            let positive = Float(1 / (1 + exp(-score)))
            return [1 - positive, positive]
        case .softmax(let classes):
            _ = exponentiate(scores, classes)
            return (0..<classes).map { scores[$0] }
        }
    }
}

/// Replaces scores by probabilities and returns ln Σₖ e^{zₖ}, without overflow.
func exponentiate(_ scores: UnsafeMutablePointer<Float>, _ classes: Int) -> Double {
    var largest = scores[0]
    for k in 1..<classes where scores[k] > largest { largest = scores[k] }
    var total: Float = 0
    for k in 0..<classes {
        let power = expf(scores[k] - largest)
        scores[k] = power
        total += power
    }
    let factor = 1 / total
    for k in 0..<classes { scores[k] *= factor }
    return Double(largest) + log(Double(total))
}
