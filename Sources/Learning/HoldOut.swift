/// Which rows of a rank are held out to be measured on: by seed, rank and number alone.
public struct HoldOut: Sendable {
    private let share: Double
    private let seed: UInt64
    private let rank: Int

    /// About this share of the rows of a rank.
    public init(share: Double, seed: UInt64, rank: Int) {
        (self.share, self.seed, self.rank) = (share, seed, rank)
    }

    /// Whether the row of this number is held out.
    public func contains(_ row: Int) -> Bool {
        var generator = SeededGenerator(seed: seed, 0x76616C, UInt64(rank), UInt64(row))
        return Double(generator.next() >> 11) * 0x1p-53 < share
    }
}
