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
    /// Leaves everything as it is.
    public func sum(_ values: inout [Double]) {}
    /// Leaves everything as it is.
    public func max(_ values: inout [Double]) {}
}
