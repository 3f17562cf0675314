import Collectives
import Domain
import Foundation
import Synchronization
import Transport

/// What went wrong on one rank.
struct RankFailure: Error, CustomStringConvertible {
    let rank: Int
    let error: any Error

    var description: String { "rank \(rank): \(error)" }
}

/// What may differ from ring to ring, or from rank to rank.
struct RingOptions: Sendable {
    var generation: @Sendable (Int) -> Generation = { _ in Generation(1) }
    var monitor: @Sendable (Int) -> any RingMonitor = { _ in
        UnwatchedRing(stallLimit: .seconds(60))
    }
    /// After how many bytes the link to the next rank breaks.
    var bytesUntilCut: @Sendable (Int) -> Int = { _ in .max }
}

/// Runs `body` on every rank of a ring, each on a thread of its own, and returns what they return.
/// - Throws: the first failure, with its rank.
func withRing<T: Sendable>(
    of worldSize: Int,
    over kind: TestLink.Kind = .memory,
    _ body: @escaping @Sendable (inout Ring<TestLink>) throws -> T
) throws -> [T] {
    try ranks(of: worldSize, over: kind, body).enumerated().map { rank, result in
        do {
            return try result.get()
        } catch {
            throw RankFailure(rank: rank, error: error)
        }
    }
}

/// Like `withRing`, where ranks are meant to fail.
func ranks<T: Sendable>(
    of worldSize: Int,
    over kind: TestLink.Kind = .memory,
    options: RingOptions = RingOptions(),
    _ body: @escaping @Sendable (inout Ring<TestLink>) throws -> T
) throws -> [Result<T, any Error>] {
    guard worldSize > 1 else {
        return onThreads(1) { _ in
            var ring = Ring<TestLink>(
                rank: Rank(0),
                worldSize: 1,
                generation: options.generation(0),
                next: nil,
                previous: nil,
                monitor: options.monitor(0)
            )
            return try body(&ring)
        }
    }
    let edges = try Edges(kind, worldSize: worldSize)
    return onThreads(worldSize) { rank in
        var ring = try edges.ring(rank, options)
        return try body(&ring)
    }
}

/// The error of each rank, nil where there was none.
func errors(
    of worldSize: Int,
    over kind: TestLink.Kind = .memory,
    options: RingOptions = RingOptions(),
    _ body: @escaping @Sendable (inout Ring<TestLink>) throws -> Void
) throws -> [CollectiveError?] {
    try ranks(of: worldSize, over: kind, options: options, body).map { result in
        guard case .failure(let error) = result else { return nil }
        guard let error = error as? CollectiveError else { throw error }
        return error
    }
}

/// Runs `body` on as many threads as asked and waits for all of them.
func onThreads<T: Sendable>(
    _ count: Int,
    _ body: @escaping @Sendable (Int) throws -> T
) -> [Result<T, any Error>] {
    let box = ResultBox(body)
    let finished = DispatchSemaphore(value: 0)
    for index in 0..<count {
        let thread = Thread {
            box.run(index)
            finished.signal()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }
    for _ in 0..<count { finished.wait() }
    return box.results.withLock { all in (0..<count).compactMap { all[$0] } }
}

private final class ResultBox<T: Sendable>: Sendable {
    let results = Mutex([Int: Result<T, any Error>]())
    private let body: @Sendable (Int) throws -> T

    init(_ body: @escaping @Sendable (Int) throws -> T) { self.body = body }

    func run(_ index: Int) {
        let result = Result { try body(index) }
        results.withLock { $0[index] = result }
    }
}
