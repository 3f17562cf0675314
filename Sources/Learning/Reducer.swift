public import LinearAlgebra

/// Sums over everybody who takes part; all call it in the same order with the same counts.
///
/// Afterwards all hold identical bits.
public protocol Reducer: AnyObject {
    /// This rank's number, from 0.
    var rank: Int { get }
    /// How many take part.
    var worldSize: Int { get }

    /// A vector that lies where sums are cheapest, of zeros.
    func makeVector(count: Int) throws(ReducerError) -> Vector

    /// Sums elementwise over all ranks, in place.
    func sum(_ vector: inout Vector) throws(ReducerError)

    /// Begins to sum some elements of a vector of `makeVector`, while the caller computes on.
    ///
    /// The elements belong to the ring until `finishSum`. All ranks begin the same sums in the same
    /// order; a few may be under way at once.
    /// - Returns: What to call `finishSum` with.
    func beginSum(
        _ vector: borrowing Vector,
        _ elements: Range<Int>
    ) throws(ReducerError) -> Int

    /// Waits until the elements hold the sums.
    func finishSum(_ token: Int) throws(ReducerError)

    /// The bytes of every rank, in rank order; their lengths may differ.
    func gather(_ bytes: [UInt8]) throws(ReducerError) -> [[UInt8]]

    /// How often this rank has waited for the others, and for how many seconds in all.
    var waiting: (count: Int, seconds: Double) { get }

    /// Sums elementwise over all ranks, in place.
    func sum(_ values: inout [Double]) throws(ReducerError)

    /// The largest of each element over all ranks, in place.
    func max(_ values: inout [Double]) throws(ReducerError)
}

/// Why a sum did not come about: somebody left, or this rank was told to end.
///
/// There is nothing to repair here; the caller ends.
public struct ReducerError: Error, Equatable, CustomStringConvertible {
    /// One line for the operator.
    public let description: String

    /// An error with its line.
    public init(_ description: String) { self.description = description }
}

/// The reducer of one who is alone.
public final class LoneReducer: Reducer {
    /// Zero.
    public let rank = 0
    /// One.
    public let worldSize = 1

    /// A reducer for a single rank.
    public init() {}

    /// A vector on the heap.
    public func makeVector(count: Int) -> Vector { Vector(zeros: count) }
    /// Leaves everything as it is.
    public func sum(_ vector: inout Vector) {}
    /// There is nothing to add.
    public func beginSum(_ vector: borrowing Vector, _ elements: Range<Int>) -> Int { 0 }
    /// There is nothing to wait for.
    public func finishSum(_ token: Int) {}
    /// Its own bytes.
    public func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
    /// It never waits.
    public var waiting: (count: Int, seconds: Double) { (0, 0) }
    /// Leaves everything as it is.
    public func sum(_ values: inout [Double]) {}
    /// Leaves everything as it is.
    public func max(_ values: inout [Double]) {}
}
