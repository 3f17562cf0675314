import Learning
import LinearAlgebra

/// A rank that sends something else than it should: `lie` gets the number of the gathering, from 0,
/// and the bytes.
final class LyingReducer: Reducer {
    private let inner: any Reducer
    private let lie: (Int, [UInt8]) -> [UInt8]
    private var gathered = 0

    init(_ inner: any Reducer, _ lie: @escaping (Int, [UInt8]) -> [UInt8]) {
        (self.inner, self.lie) = (inner, lie)
    }

    var rank: Int { inner.rank }
    var worldSize: Int { inner.worldSize }
    var waiting: (count: Int, seconds: Double) { inner.waiting }

    func makeVector(count: Int) throws(ReducerError) -> Vector {
        try inner.makeVector(count: count)
    }

    func sum(_ vector: inout Vector) throws(ReducerError) { try inner.sum(&vector) }
    func sum(_ values: inout [Double]) throws(ReducerError) { try inner.sum(&values) }
    func max(_ values: inout [Double]) throws(ReducerError) { try inner.max(&values) }

    func beginSum(
        _ vector: borrowing Vector,
        _ elements: Range<Int>
    ) throws(ReducerError) -> Int { try inner.beginSum(vector, elements) }

    func finishSum(_ token: Int) throws(ReducerError) { try inner.finishSum(token) }

    func gather(_ bytes: [UInt8]) throws(ReducerError) -> [[UInt8]] {
        defer { gathered += 1 }
        return try inner.gather(lie(gathered, bytes))
    }
}
