import Foundation
import Learning
import LinearAlgebra
import Synchronization

/// Ranks on threads of their own that add, compare and gather as the ring does: in rank order.
final class MeetingRanks: Sendable {
    private struct State {
        var round = 0
        var arrived: [[UInt8]?]
        var all: [[UInt8]] = []
    }

    private let worldSize: Int
    private let condition = NSCondition()
    private let state: Mutex<State>

    private init(worldSize: Int) {
        self.worldSize = worldSize
        state = Mutex(State(arrived: [[UInt8]?](repeating: nil, count: worldSize)))
    }

    /// Runs `body` once for each rank and returns what each came to, in rank order.
    static func run<Value: Sendable>(
        _ worldSize: Int,
        _ body: @escaping @Sendable (any Reducer) throws -> Value
    ) throws -> [Value] {
        let ranks = MeetingRanks(worldSize: worldSize)
        let found = Mutex([Result<Value, any Error>?](repeating: nil, count: worldSize))
        let done = DispatchSemaphore(value: 0)
        for rank in 0..<worldSize {
            Thread {
                let result = Result { try body(MeetingReducer(rank: rank, ranks: ranks)) }
                found.withLock { $0[rank] = result }
                done.signal()
            }.start()
        }
        for _ in 0..<worldSize { done.wait() }
        return try found.withLock { $0 }.compactMap { try $0?.get() }
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
    private let ranks: MeetingRanks

    init(rank: Int, ranks: MeetingRanks) {
        self.rank = rank
        self.ranks = ranks
    }

    var worldSize: Int { ranks.size }

    func makeVector(count: Int) -> Vector { Vector(zeros: count) }

    func sum(_ vector: inout Vector) throws(ReducerError) {
        var values = vector.array.map { Double($0) }
        try sum(&values)
        for index in values.indices { vector[index] = Float(values[index]) }
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
            vector.buffer[index] = Float(all.reduce(0) { $0 + $1[place] })
        }
        return 0
    }

    func finishSum(_ token: Int) {}

    var waiting: (count: Int, seconds: Double) { (0, 0) }

    func gather(_ bytes: [UInt8]) throws(ReducerError) -> [[UInt8]] {
        try ranks.exchange(bytes, rank: rank)
    }

    private func gather(_ values: [Double]) throws(ReducerError) -> [[Double]] {
        let all = try ranks.exchange(values.withUnsafeBytes { Array($0) }, rank: rank)
        return all.map { bytes in
            bytes.withUnsafeBytes { raw in
                (0..<bytes.count / 8).map {
                    raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
                }
            }
        }
    }
}
