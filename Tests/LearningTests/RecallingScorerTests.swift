import Domain
import Learning
import LinearAlgebra
import RowSamples
import Testing

/// Scores rows with what comes next from a generator, so that no two calls give the same.
private final class FreshScorer: Scorer {
    let outputs: Int
    private var generator = SeededGenerator(seed: 5)
    private(set) var rows = 0

    init(outputs: Int) { self.outputs = outputs }

    func writeScores(of batch: Batch, to scores: UnsafeMutablePointer<Float>) {
        rows += batch.rows
        for index in 0..<batch.rows * outputs { scores[index] = Float(generator.next() >> 40) }
    }

    func bestClass(_ scores: UnsafePointer<Float>) -> Int { 0 }
    func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float] { [] }
    func loss(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double { 0 }
}

@Suite("Scores that are kept")
struct RecallingScorerTests {
    private let rows = overlapping(classes: 2, rows: 50)

    private func pass(_ scorer: RecallingScorer, to end: Int = 50) throws -> [Float] {
        scorer.beginPass()
        var all: [Float] = []
        for low in stride(from: 0, to: end, by: 8) {
            let high = Swift.min(end, low + 8)
            var scores = [Float](repeating: 0, count: (high - low) * scorer.outputs)
            try rows.withRows(low..<high) { scorer.writeScores(of: $0, to: &scores) }
            all += scores
            // Whoever takes them may change them.
            scores[0] = -1
        }
        return all
    }

    @Test("Rows are scored once, in however many passes", arguments: [1, 3])
    func once(outputs: Int) throws {
        let fresh = FreshScorer(outputs: outputs)
        let scorer = RecallingScorer(fresh, rows: 50)
        // A pass that breaks off is no obstacle.
        let begun = try pass(scorer, to: 16)
        let first = try pass(scorer)
        #expect(Array(first.prefix(begun.count)) == begun)
        #expect(try pass(scorer) == first)
        #expect(fresh.rows == 50)
    }

    @Test("Too many scores are not kept", arguments: [(149, 100), (150, 50)])
    func bound(valuesMax: Int, scored: Int) throws {
        let fresh = FreshScorer(outputs: 3)
        let scorer = RecallingScorer(fresh, rows: 50, valuesMax: valuesMax)
        _ = try pass(scorer)
        _ = try pass(scorer)
        #expect(fresh.rows == scored)
    }
}
