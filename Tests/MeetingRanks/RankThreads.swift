import Foundation
public import Learning
import LinearAlgebra
import Synchronization

/// Ranks on threads of their own that add, compare and gather as the ring does: in rank order.
public final class RankThreads: Sendable {
    private struct State {
        var round = 0
        var arrived: [[UInt8]?]
        var all: [[UInt8]] = []
        /// Whoever failed first, and why.
        var left: (rank: Int, error: any Error)?
    }

    private let worldSize: Int
    private let condition = NSCondition()
    private let state: Mutex<State>

    private init(worldSize: Int) {
        self.worldSize = worldSize
        state = Mutex(State(arrived: [[UInt8]?](repeating: nil, count: worldSize)))
    }

    /// Runs `body` once for each rank and returns what each came to, in rank order; throws the
    /// error of the rank that failed first, for which nobody waits then.
    ///
    /// `flip` names a rank whose memory fails, and the sum of vectors at which it does.
    public static func run<Value: Sendable>(
        _ worldSize: Int,
        flip: (rank: Int, sum: Int)? = nil,
        _ body: @escaping @Sendable (any Reducer) throws -> Value
    ) throws -> [Value] {
        let ranks = RankThreads(worldSize: worldSize)
        let found = Mutex([Result<Value, any Error>?](repeating: nil, count: worldSize))
        let done = DispatchSemaphore(value: 0)
        for rank in 0..<worldSize {
            Thread {
                let flipsAt = flip?.rank == rank ? flip?.sum : nil
                let reducer = MeetingReducer(rank: rank, ranks: ranks, flipsAt: flipsAt)
                let result = Result { try body(reducer) }
                found.withLock { $0[rank] = result }
                if case .failure(let error) = result { ranks.leave(rank, error) }
                done.signal()
            }.start()
        }
        for _ in 0..<worldSize { done.wait() }
        if let error = ranks.state.withLock({ $0.left?.error }) { throw error }
        return try found.withLock { $0 }.compactMap { try $0?.get() }
    }

    private func leave(_ rank: Int, _ error: any Error) {
        condition.lock()
        defer { condition.unlock() }
        state.withLock { if $0.left == nil { $0.left = (rank, error) } }
        condition.broadcast()
    }

    /// Waits until every rank has come and returns what each brought.
    fileprivate func exchange(_ bytes: [UInt8], rank: Int) throws(ReducerError) -> [[UInt8]] {
        condition.lock()
        defer { condition.unlock() }
        let mine = state.withLock { state in
            let round = state.round
            state.arrived[rank] = bytes
            let all = state.arrived.compactMap { $0 }
            guard all.count == worldSize else { return round }
            state.all = all
            state.arrived = [[UInt8]?](repeating: nil, count: worldSize)
            state.round += 1
            return round
        }
        condition.broadcast()
        let deadline = Date().addingTimeInterval(60)
        while state.withLock({ $0.round }) == mine {
            if let rank = state.withLock({ $0.left?.rank }) {
                throw ReducerError("rank \(rank) left")
            }
            guard condition.wait(until: deadline) else {
                throw ReducerError("rank \(rank) waited alone")
            }
        }
        return state.withLock { $0.all }
    }

    fileprivate var size: Int { worldSize }
}

private final class MeetingReducer: Reducer {
    let rank: Int
    private let ranks: RankThreads
    /// The number of the sum after which this rank's result is another.
    private let flipsAt: Int?
    private var sums = 0
    private var meetings = 0

    init(rank: Int, ranks: RankThreads, flipsAt: Int?) {
        self.rank = rank
        self.ranks = ranks
        self.flipsAt = flipsAt
    }

    var worldSize: Int { ranks.size }

    func makeVector(count: Int) -> Vector { Vector(zeros: count) }

    func sum(_ vector: inout Vector) throws(ReducerError) {
        let all = try gather(vector.array.map { Double($0) })
        for index in 0..<vector.count {
            vector[index] = all.reduce(Float(0)) { $0 + Float($1[index]) }
        }
        sums += 1
        if sums == flipsAt { vector[0] += 1 }
    }

    func sum(_ values: inout [Double]) throws(ReducerError) {
        let all = try gather(values)
        for index in values.indices { values[index] = all.reduce(0) { $0 + $1[index] } }
    }

    func max(_ values: inout [Double]) throws(ReducerError) {
        let all = try gather(values)
        for index in values.indices { values[index] = all.map { $0[index] }.max() ?? 0 }
    }

    /// Nothing overlaps here: the sum is made at once.
    func beginSum(
        _ vector: borrowing Vector,
        _ elements: Range<Int>
    ) throws(ReducerError) -> Int {
        let all = try gather(vector.buffer[elements].map { Double($0) })
        for (place, index) in elements.enumerated() {
            vector.buffer[index] = all.reduce(Float(0)) { $0 + Float($1[place]) }
        }
        sums += 1
        if sums == flipsAt { vector.buffer[elements.lowerBound] += 1 }
        return 0
    }

    func finishSum(_ token: Int) {}

    var waiting: (count: Int, seconds: Double) { (meetings, 0) }

    func gather(_ bytes: [UInt8]) throws(ReducerError) -> [[UInt8]] {
        meetings += 1
        return try ranks.exchange(bytes, rank: rank)
    }

    private func gather(_ values: [Double]) throws(ReducerError) -> [[Double]] {
        let all = try gather(values.withUnsafeBytes { Array($0) })
        return all.map { bytes in
            bytes.withUnsafeBytes { raw in
                (0..<bytes.count / 8).map {
                    raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
                }
            }
        }
    }
}
