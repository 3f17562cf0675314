/// A sum that keeps the error of each addition: about 106 bits, rounded to 53 where it is read.
///
/// Where the terms are floats or products of two, this is the exact sum rounded once unless they
/// differ by more than some 2⁵⁰ in size, so the order of the terms and how they were dealt to the
/// ranks leave no trace.
/// Source: Neumaier, Z. Angew. Math. Mech. 54, 1974.
public struct CompensatedSum: Equatable, Sendable {
    /// The sum as far as a Double holds it.
    public private(set) var high: Double
    /// What was lost on the way.
    public private(set) var rest: Double

    /// A sum so far.
    public init(high: Double = 0, rest: Double = 0) {
        self.high = high
        self.rest = rest
    }

    /// Adds one term.
    public mutating func add(_ term: Double) {
        let sum = high + term
        let back = sum - high
        rest += (high - (sum - back)) + (term - back)
        high = sum
    }

    /// Adds another sum.
    public mutating func add(_ other: CompensatedSum) {
        add(other.high)
        rest += other.rest
    }

    /// The sum, rounded.
    public var value: Double { high + rest }

    /// The same sum with no more in `rest` than `high` cannot hold, in any order of the terms.
    private var settled: CompensatedSum {
        CompensatedSum(high: value, rest: rest - (value - high))
    }

    /// n · Σx² − (Σx)² of these sums, without the cancellation of the plain formula.
    static func spread(rows: Double, first: CompensatedSum, second: CompensatedSum) -> Double {
        let (first, second) = (first.settled, second.settled)
        let square = first.high * first.high
        let squareRest =
            (-square).addingProduct(first.high, first.high) + 2 * first.high * first.rest
        let scaled = rows * second.high
        let scaledRest = (-scaled).addingProduct(rows, second.high) + rows * second.rest
        return Swift.max(0, (scaled - square) + (scaledRest - squareRest))
    }
}
