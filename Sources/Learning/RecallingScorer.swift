public import LinearAlgebra

/// A scorer of rows that come again in the same batches: it scores them once and then recalls.
///
/// Scores are kept where those of all rows are few enough, 4 bytes each; else every pass makes them
/// anew, with the same bits.
public final class RecallingScorer: Scorer {
    /// What scores; whatever takes its place may call classes otherwise but must score alike.
    public var inner: any Scorer
    private let isKeeping: Bool
    private var kept: [Float] = []
    private var place = 0

    /// A scorer of `rows` rows at most; it keeps no more than `valuesMax` scores.
    public init(_ inner: any Scorer, rows: Int, valuesMax: Int = 1 << 24) {
        self.inner = inner
        isKeeping = rows <= valuesMax / Swift.max(1, inner.outputs)
    }

    /// As many as the scorer within has.
    public var outputs: Int { inner.outputs }

    /// Says that the first row comes again.
    public func beginPass() { place = 0 }

    /// Scores of the next rows, recalled where they came before.
    public func writeScores(of batch: Batch, to scores: UnsafeMutablePointer<Float>) {
        guard isKeeping else { return inner.writeScores(of: batch, to: scores) }
        let start = place
        place += batch.rows * outputs
        guard place > kept.count else {
            for (index, score) in kept[start..<place].enumerated() { scores[index] = score }
            return
        }
        inner.writeScores(of: batch, to: scores)
        guard start == kept.count else { return }
        kept += UnsafeBufferPointer(start: scores, count: place - start)
    }

    /// The class that the scorer within calls.
    public func bestClass(_ scores: UnsafePointer<Float>) -> Int { inner.bestClass(scores) }

    /// Those of the scorer within.
    public func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float] {
        inner.probabilities(scores)
    }

    /// That of the scorer within.
    public func loss(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double {
        inner.loss(scores, label: label)
    }
}
