import Domain
import Learning
import LinearAlgebra

extension Trainer {
    /// Decides which of this rank's rows lie in which part of the cross-validation; nothing
    /// without one.
    func dealFolds() throws(TrainingError) {
        guard let fold = task.spec.fold else { return }
        let labels =
            try task.classes > 0
            ? wrap { () throws(RowSourceError) in try rows.classes(tick: observer.tick) }
            : [Int32](repeating: 0, count: rows.rows)
        do {
            foldOfRow = try FoldDealing(
                labels: labels,
                classes: Swift.max(1, task.classes),
                folds: fold.count,
                seed: task.spec.seed,
                with: reducer
            ).folds
        } catch { throw .learning(.reducer(error)) }
    }
}
