/// What a row counts, by its class: the weights that were asked for, and the same with mean one.
///
/// With weights u of the classes and n rows of class c, the objective is
///
///     Σ u_{y} · loss / Σ u_{y}  =  1/N · Σ w_{y} · loss,        w_c = u_c · N / Σ_c n_c·u_c
///
/// so whoever divides by the number of rows N as before divides by the sum of the weights: it is
/// public, for the rows of each class are. `balanced` weights have mean one as they are.
public struct RowWeights: Equatable, Sendable {
    /// u, one a class, as LIBSVM's and scikit-learn's class weights; empty where all are 1.
    public let classWeights: [Double]
    /// w, one a class; empty where all are 1.
    public let normalized: [Float]

    /// Every row counts 1.
    public static let none = RowWeights([], counts: [])

    /// Given weights, over rows of which `counts` are of each class on all ranks.
    ///
    /// Shapes: `classWeights`, `counts` (classes).
    /// - Precondition: weights are above 0 and finite.
    public init(_ classWeights: [Double], counts: [Int]) {
        precondition(classWeights.count == counts.count, "\(classWeights.count) weights")
        precondition(classWeights.allSatisfy { $0 > 0 && $0.isFinite }, "weights \(classWeights)")
        let rows = Double(counts.reduce(0, +))
        let sum = zip(classWeights, counts).reduce(0) { $0 + $1.0 * Double($1.1) }
        let isNeeded = Set(classWeights).count > 1 && sum > 0
        self.classWeights = classWeights.contains { $0 != 1 } ? classWeights : []
        normalized = isNeeded ? classWeights.map { Float($0 * rows / sum) } : []
    }

    /// Weights by which every class counts the same: N / (K · n_c), K being the classes that occur.
    ///
    /// Source: King & Zeng, "Logistic regression in rare events data", Political Analysis 9, 2001;
    /// scikit-learn calls it `balanced`.
    public static func balanced(counts: [Int]) -> [Double] {
        let rows = Double(counts.reduce(0, +))
        let occurring = Double(Swift.max(1, counts.count { $0 > 0 }))
        return counts.map { $0 > 0 ? rows / (occurring * Double($0)) : 1 }
    }

    /// Whether all rows count 1.
    public var isNone: Bool { normalized.isEmpty }
}
