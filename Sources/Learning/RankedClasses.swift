public import Domain
import Glibc
public import LinearAlgebra

/// Which classes of a model's rows can be ranked by its scores, and by which.
///
/// One score ranks the second class of two; as many scores as classes rank each against the rest.
/// Where scores mean probabilities they are ranked by the log-odds ln p/(1 − p), which orders as
/// the probability does and does not end at 1.
public struct RankedClasses: Equatable, Sendable {
    /// The classes; empty where the scores rank none, as those of pairs of classes do.
    public let classes: Range<Int>
    private let outputs: Int
    private let isLikelihood: Bool

    /// The classes that a model of this shape ranks.
    public init(of shape: ModelShape) {
        outputs = shape.outputs
        isLikelihood = shape.isLikelihood
        if shape.classes == 2, outputs == 1 {
            classes = 1..<2
        } else if shape.classes > 1, outputs == shape.classes {
            classes = shape.classes == 2 ? 1..<2 : 0..<shape.classes
        } else {
            classes = 0..<0
        }
    }

    /// Adds all rows of `batch` as `scorer` scores them.
    public func add(_ batch: Batch, by scorer: any Scorer, to pass: inout RankingPass) {
        guard batch.rows > 0, case .classes(let labels) = batch.labels else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: batch.rows * outputs) { room in
            guard let scores = room.baseAddress else { return }
            scorer.writeScores(of: batch, to: scores)
            for row in 0..<batch.rows {
                let own = scores + row * outputs
                if outputs > 1, isLikelihood { takeLogOdds(own) }
                for number in classes {
                    let isPositive = Int(labels[row]) == number
                    pass.add(own[outputs == 1 ? 0 : number], of: number, isPositive: isPositive)
                }
            }
        }
    }

    /// Replaces zₖ by zₖ − ln Σ_{j≠k} e^{zⱼ}.
    private func takeLogOdds(_ scores: UnsafeMutablePointer<Float>) {
        var top = 0
        for k in 1..<outputs where scores[k] > scores[top] { top = k }
        let largest = Double(scores[top])
        // Without the largest, so that nothing cancels where it outweighs all others.
        var others = 0.0
        for k in 0..<outputs where k != top { others += exp(Double(scores[k]) - largest) }
        for k in 0..<outputs {
            let score = Double(scores[k]) - largest
            let rest = k == top ? others : 1 + others - exp(score)
            scores[k] = Float(score - log(rest))
        }
    }
}
