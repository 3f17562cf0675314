import LinearAlgebra

/// Which rows lie in which fold of a cross-validation, without any row leaving its rank.
///
/// The ranks share how many rows of each class they hold. In their minds the rows then lie one
/// class behind the other, and in a class one rank behind the other, each rank's in an order that
/// the seed shuffles; they are dealt to the folds in turn. So every row lies in exactly one fold;
/// the folds, and their parts of each class, differ by one row at most.
public struct FoldDealing: Equatable, Sendable {
    /// The fold of each row of this rank, from 0.
    public let folds: [Int32]

    /// Deals this rank's rows; all ranks call it together.
    ///
    /// `labels` are the class numbers of this rank's rows, all 0 where labels are real.
    /// - Precondition: at least two folds; every label is below `classes`.
    public init(
        labels: [Int32],
        classes: Int,
        folds count: Int,
        seed: UInt64,
        with reducer: any Reducer
    ) throws(ReducerError) {
        precondition(count > 1, "\(count) folds")
        var rowsOfClass = [[Int32]](repeating: [], count: classes)
        for (row, label) in labels.enumerated() { rowsOfClass[Int(label)].append(Int32(row)) }
        // Class by class, and in a class rank by rank: where each part begins.
        var counts = [Double](repeating: 0, count: classes * reducer.worldSize)
        for (label, rows) in rowsOfClass.enumerated() {
            counts[label * reducer.worldSize + reducer.rank] = Double(rows.count)
        }
        try reducer.sum(&counts)
        var folds = [Int32](repeating: 0, count: labels.count)
        for (label, rows) in rowsOfClass.enumerated() {
            let before = counts[..<(label * reducer.worldSize + reducer.rank)].reduce(0, +)
            var order = rows
            var generator = SeededGenerator(
                seed: seed,
                0x666F_6C64,
                UInt64(label),
                UInt64(reducer.rank)
            )
            shuffle(&order, using: &generator)
            for (place, row) in order.enumerated() {
                folds[Int(row)] = Int32((Int(counted: before) + place) % count)
            }
        }
        self.folds = folds
    }

    /// Rows of each class in each fold: what the dealing gives for these counts over all ranks.
    ///
    /// Shapes: result (folds, classes).
    public static func counts(ofClasses counts: [Int], folds: Int) -> [[Int]] {
        var result = [[Int]](repeating: [Int](repeating: 0, count: counts.count), count: folds)
        var before = 0
        for (label, count) in counts.enumerated() {
            for fold in 0..<folds {
                // The rows of this class have the places before ..< before + count.
                let first = (fold - before % folds + folds) % folds
                result[fold][label] = first < count ? (count - first - 1) / folds + 1 : 0
            }
            before += count
        }
        return result
    }
}
