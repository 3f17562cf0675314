/// The sums that a solver asks of all ranks, with what each rank wishes riding along.
///
/// A wish is a number that is 0 for no; the sum of all ranks' wishes comes back with every sum, so
/// all decide alike and nobody waits for it.
public final class SharedSums {
    private let reducer: any Reducer
    private let wish: () -> [Double]
    /// What the ranks wished together, the largest seen since it was last taken.
    public private(set) var wishes: [Double]
    /// How often this rank has met the others.
    public private(set) var meetings = 0
    /// Numbers that were summed.
    public private(set) var numbers = 0

    /// Sums by `reducer`; `wish` is asked before each of them and always gives as many numbers.
    public init(_ reducer: any Reducer, wish: @escaping () -> [Double] = { [] }) {
        self.reducer = reducer
        self.wish = wish
        wishes = [Double](repeating: 0, count: wish().count)
    }

    /// This rank's number.
    public var rank: Int { reducer.rank }
    /// How many take part.
    public var worldSize: Int { reducer.worldSize }

    /// Sums elementwise over all ranks, in place.
    public func sum(_ values: inout [Double]) throws(LearningError) {
        let count = values.count
        values.append(contentsOf: wish())
        meetings += 1
        numbers += values.count
        do { try reducer.sum(&values) } catch { throw .reducer(error) }
        for index in wishes.indices {
            wishes[index] = Swift.max(wishes[index], values[count + index])
        }
        values.removeLast(values.count - count)
    }

    /// Forgets the wishes so far.
    public func clearWishes() {
        for index in wishes.indices { wishes[index] = 0 }
    }

    /// Bytes of everything that was summed.
    public var bytes: Int { numbers * MemoryLayout<Double>.stride }
}
