extension ColumnSums {
    /// γ as `scale` says: 1/(columns · variance of all values), zeros counted; 1 where all values
    /// are the same.
    ///
    /// Source: scikit-learn, `SVC(gamma="scale")`.
    public var scaleGamma: Double {
        var (first, second) = (CompensatedSum(), CompensatedSum())
        for column in 0..<columns {
            first.add(self.first(column))
            second.add(self.second(column))
        }
        let count = rows * Double(columns)
        let spread = CompensatedSum.spread(rows: count, first: first, second: second)
        guard spread > 0, count > 0 else { return 1 }
        return count * count / spread / Double(columns)
    }
}
