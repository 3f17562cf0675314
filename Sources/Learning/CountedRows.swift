extension Int {
    /// The largest whole number that ranks tell each other, or a checkpoint: of rows and of blocks.
    static let wholeMax = 1 << 39 - 1

    /// A whole number from elsewhere; nil for what is none, or too large.
    public init?(whole number: Double) {
        guard number >= 0, number <= Double(Int.wholeMax), let value = Int(exactly: number) else {
            return nil
        }
        self = value
    }

    /// A number of rows that ranks have summed; 0 for what no rows can be, which a rank that is
    /// not to be trusted may have made of it.
    public init(counted sum: Double) { self = Int(whole: sum) ?? 0 }
}
