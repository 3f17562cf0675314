public import Domain
public import Learning
public import LinearAlgebra

/// Which scores of some rows are wanted: classes, and a band of scores by their keys.
public struct RankingRequest: Hashable, Codable, Sendable {
    /// The first class.
    public var firstClass: Int
    /// The class after the last.
    public var endClass: Int
    /// The least key.
    public var lowest: UInt32
    /// The largest key.
    public var highest: UInt32
    /// Whether only the number of rows in each part of the range is wanted.
    public var isCounting: Bool

    /// The scores of `classes` in `band`.
    public init(classes: Range<Int>, band: ClosedRange<UInt32>, isCounting: Bool = false) {
        (firstClass, endClass) = (classes.lowerBound, classes.upperBound)
        (lowest, highest) = (band.lowerBound, band.upperBound)
        self.isCounting = isCounting
    }

    /// The pass that collects it; nil where the numbers make no sense.
    var pass: RankingPass? {
        guard firstClass >= 0, firstClass < endClass, endClass <= 1 << 16, lowest <= highest else {
            return nil
        }
        let classes = firstClass..<endClass
        return isCounting
            ? .counting(classes) : RankingPass(classes: classes, band: lowest...highest)
    }
}

/// The scores of all rows of `source` that `request` wants, in their compact form.
///
/// - Throws: `RowSourceError` where the rows cannot be read.
public func rank(
    _ scorer: any Scorer,
    of shape: ModelShape,
    _ request: RankingRequest,
    on source: some RowSource
) throws(RowSourceError) -> [UInt8] {
    guard var pass = request.pass else { return [] }
    let ranked = RankedClasses(of: shape)
    guard pass.classes.clamped(to: ranked.classes) == pass.classes else { return [] }
    try forEachBlock(of: source) { _, batch in ranked.add(batch, by: scorer, to: &pass) }
    return pass.bytes
}
