/// How many rows each rank sums over in one step, where its rows must not be told one by one.
///
/// A rank of c rows takes part in all s steps of an epoch: ⌊c/s⌋ to ⌈c/s⌉ rows in each. The
/// gradient of one row of a linear model is that row times a number, so a sum over few is refused.
public struct LocalSums: Equatable, Sendable {
    private let rowsOfRanks: [Int]
    private let rowsMin: Int

    /// Ranks with these many rows, of which each sum takes `rowsMin` or none at all.
    ///
    /// A rank alone tells nobody, and one without rows has nothing to tell.
    public init(_ rowsOfRanks: [Int], rowsMin: Int) {
        self.rowsOfRanks = rowsOfRanks
        self.rowsMin = rowsOfRanks.count > 1 ? rowsMin : 0
    }

    private var total: Int { rowsOfRanks.reduce(0, +) }

    /// The least batch that is `batch` or more and leaves no rank with too few rows in a step.
    ///
    /// Where a rank has too few in all, every row of all ranks.
    public func widened(_ batch: Int) -> Int {
        guard rowsMin > 0, let least = rowsOfRanks.filter({ $0 > 0 }).min() else { return batch }
        let steps = Swift.max(1, least / rowsMin)
        return Swift.max(batch, (total + steps - 1) / steps)
    }

    /// The first rank with too few rows in some step of `batch` rows over all ranks.
    public func firstTooFew(batch: Int) -> (rank: Int, rows: Int)? {
        let steps = Swift.max(1, (total + batch - 1) / Swift.max(1, batch))
        for (rank, count) in rowsOfRanks.enumerated() where count > 0 {
            let rows = count / steps
            if rows < rowsMin { return (rank, rows) }
        }
        return nil
    }
}
