import Domain
import Learning
import LinearAlgebra

extension Trainer {
    /// Decides which of this rank's rows lie in which part of the cross-validation; nothing
    /// without one.
    func dealFolds() throws(TrainingError) {
        guard let fold = task.spec.fold else { return }
        let labels = try classesOfRows()
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

    /// The class of each row of this rank; 0 for all where labels are real.
    private func classesOfRows() throws(TrainingError) -> [Int32] {
        guard task.classes > 0 else { return [Int32](repeating: 0, count: rows.rows) }
        var labels: [Int32] = []
        labels.reserveCapacity(rows.rows)
        for low in stride(from: 0, to: rows.rows, by: 1024) {
            let high = Swift.min(rows.rows, low + 1024)
            try wrap { () throws(RowSourceError) in
                try rows.withRows(low..<high) { batch in
                    guard case .classes(let classes) = batch.labels else { return }
                    for row in 0..<batch.rows { labels.append(classes[row]) }
                }
            }
            observer.tick()
        }
        return labels
    }
}
