import Learning
import LinearAlgebra

/// Rows that a model is measured on, scored once however often they are gone through.
struct ScoredRows {
    let source: any RowSource
    let isKept: (Int) -> Bool
    let scorer: RecallingScorer

    init(_ source: any RowSource, by scorer: any Scorer, keeping isKept: @escaping (Int) -> Bool) {
        (self.source, self.isKept) = (source, isKept)
        self.scorer = RecallingScorer(scorer, rows: source.rows)
    }
}
