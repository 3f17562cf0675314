import Glibc

/// Probabilities of classes from those of pairs: the p that minimises
/// Σ_{i≠j} (r_ji·p_i − r_ij·p_j)² under Σp = 1.
///
/// Source: Wu, Lin & Weng, "Probability estimates for multi-class classification by pairwise
/// coupling", JMLR 5, 2004, algorithm 2, with LIBSVM's bounds.
///
/// Shapes: `ofFirst` (pairs) holds r_ij = P(i | i or j) of pairs (0,1), (0,2) … (1,2) …; the
/// result (classes).
func coupledProbabilities(ofFirst: [Double], classes: Int) -> [Double] {
    guard classes > 2 else {
        let first = ofFirst.first ?? 0.5
        return [first, 1 - first]
    }
    var r = [Double](repeating: 0, count: classes * classes)
    for (pair, number) in zip(ClassPair.all(classes), ofFirst.indices) {
        let own = Swift.min(Swift.max(ofFirst[number], 1e-7), 1 - 1e-7)
        r[pair.first * classes + pair.second] = own
        r[pair.second * classes + pair.first] = 1 - own
    }
    var q = [Double](repeating: 0, count: classes * classes)
    for t in 0..<classes {
        for j in 0..<classes where j != t {
            q[t * classes + t] += r[j * classes + t] * r[j * classes + t]
            q[t * classes + j] = -r[j * classes + t] * r[t * classes + j]
        }
    }
    var p = [Double](repeating: 1 / Double(classes), count: classes)
    for _ in 0..<Swift.max(100, classes) {
        var product = (0..<classes).map { t in
            (0..<classes).reduce(0) { $0 + q[t * classes + $1] * p[$1] }
        }
        var square = zip(p, product).reduce(0) { $0 + $1.0 * $1.1 }
        let error = product.reduce(0) { Swift.max($0, abs($1 - square)) }
        if error < 0.005 / Double(classes) { break }
        for t in 0..<classes {
            let own = q[t * classes + t]
            let step = (square - product[t]) / own
            p[t] += step
            square = (square + step * (step * own + 2 * product[t])) / (1 + step) / (1 + step)
            for j in 0..<classes {
                product[j] = (product[j] + step * q[t * classes + j]) / (1 + step)
                p[j] /= 1 + step
            }
        }
    }
    return p
}

/// Two classes that a machine tells apart.
struct ClassPair: Hashable {
    /// The class of positive decision values.
    let first: Int
    let second: Int

    /// All pairs in their order: (0, 1), (0, 2) … (1, 2) ….
    static func all(_ classes: Int) -> [ClassPair] {
        (0..<classes).flatMap { first in
            (first + 1..<Swift.max(first + 1, classes)).map {
                ClassPair(first: first, second: $0)
            }
        }
    }
}
