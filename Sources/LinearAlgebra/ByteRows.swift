import CKernels

/// Dense rows whose values are bytes, each over one divisor: a view of memory of somebody else.
public struct ByteRows {
    /// Number of rows.
    public let rows: Int
    /// Number of feature columns.
    public let columns: Int
    private let base: UnsafePointer<UInt8>
    private let divisor: Float

    /// A view of `base` (rows, columns).
    public init(rows: Int, columns: Int, base: UnsafePointer<UInt8>, divisor: Float) {
        self.rows = rows
        self.columns = columns
        self.base = base
        self.divisor = divisor
    }

    /// Writes the values of rows `range` to `target` (range.count, columns).
    public func write(_ range: Range<Int>, to target: UnsafeMutablePointer<Float>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "\(range) of \(rows) rows")
        ck_widen_bytes_f32(
            base + range.lowerBound * columns,
            target,
            range.count * columns,
            divisor
        )
    }

    /// Writes the values of the rows with these numbers to `target` (numbers.count, columns).
    public func write(_ numbers: ArraySlice<Int32>, to target: UnsafeMutablePointer<Float>) {
        for number in numbers {
            precondition(number >= 0 && Int(number) < rows, "row \(number) of \(rows)")
        }
        numbers.withUnsafeBufferPointer { numbers in
            let (first, count) = (numbers.baseAddress, numbers.count)
            ck_gather_bytes_f32(first, count, base, columns, divisor, target)
        }
    }
}
