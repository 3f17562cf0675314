import Collectives
import Domain
import Foundation
import Glibc
import Synchronization
import Transport

/// What went wrong on one rank.
struct RankFailure: Error, CustomStringConvertible {
    let rank: Int
    let error: any Error

    var description: String { "rank \(rank): \(error)" }
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

/// What may differ from ring to ring, or from rank to rank.
struct RingOptions: Sendable {
    var generation: @Sendable (Int) -> Generation = { _ in Generation(1) }
    var monitor: @Sendable (Int) -> any RingMonitor = { _ in UnwatchedRing() }
    var stallLimit = Duration.seconds(60)
    /// Called on the thread of each rank with the sockets of its links, before the ring is made.
    var sockets: @Sendable (_ rank: Int, _ next: Int32, _ previous: Int32) -> Void = { _, _, _ in }
}

/// Like `withRing`, where ranks are meant to fail.
func ranks<T: Sendable>(
    of worldSize: Int,
    over kind: TestLink.Kind = .memory,
    options: RingOptions = RingOptions(),
    _ body: @escaping @Sendable (inout Ring<TestLink>) throws -> T
) throws -> [Result<T, any Error>] {
    let edges = try worldSize == 1 ? [] : (0..<worldSize).map { _ in try connectedSockets(kind) }
    return onThreads(worldSize) { rank in
        guard worldSize > 1 else {
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
        let next = edges[rank].first
        let previous = edges[(rank + worldSize - 1) % worldSize].second
        options.sockets(rank, next, previous)
        let links = try TestLink.Both(kind, next: next, previous: previous, rank: rank)
        var ring = links.makeRing(rank: rank, worldSize: worldSize, options: options)
        return try body(&ring)
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
