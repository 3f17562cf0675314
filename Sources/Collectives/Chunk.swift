/// The slice of a (count) vector that `rank` owns.
///
/// Slices are contiguous, in rank order, and differ in length by at most one.
/// - Precondition: `count * worldSize` fits an `Int`.
public func chunk(ofRank rank: Int, worldSize: Int, count: Int) -> Range<Int> {
    precondition((0..<worldSize).contains(rank), "rank \(rank) outside a world of \(worldSize)")
    return count * rank / worldSize..<count * (rank + 1) / worldSize
}
