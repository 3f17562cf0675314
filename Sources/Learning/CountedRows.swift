extension Int {
    /// A number of rows that ranks have summed; 0 for what no rows can be, which a rank that is
    /// not to be trusted may have made of it.
    public init(counted sum: Double) {
        self = sum >= 0 && sum < 0x1p39 ? Int(sum) : 0
    }
}
