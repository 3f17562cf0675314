import Foundation
import Testing
import Transport

@testable import Daemon

private actor Counter {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var threads: Set<UInt> = []
    private var count = 0

    init() throws { executor = try ThreadExecutor(name: "counter") }

    func step() -> (count: Int, threads: Int) {
        threads.insert(UInt(pthread_self()))
        count += 1
        return (count, threads.count)
    }
}

@Suite("A thread of one's own")
struct ThreadExecutorTests {
    @Test("All calls of the actor run on one thread, none at the same time")
    func oneThread() async throws {
        let counter = try Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { _ = await counter.step() } }
        }
        let (count, threads) = await counter.step()
        #expect(count == 201)
        #expect(threads == 1)
    }

    @Test("What is awaited from a thread comes back, and its failure too")
    func result() async throws {
        let value = try await onOwnThread("t", failing: { $0 }) {
            Result<Int, TransportError>.success(42)
        }
        #expect(value == 42)
        await #expect(throws: TransportError.closedByPeer(peer: "b")) {
            try await onOwnThread("t", failing: { $0 }) {
                Result<Int, TransportError>.failure(.closedByPeer(peer: "b"))
            }
        }
    }

    @Test("A second daemon on one state directory is refused, a later one is not")
    func stateLock() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/distml-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let first = try StateLock(directory: folder)
            #expect(throws: StateLockError.taken(directory: folder)) {
                let second = try StateLock(directory: folder)
                _ = consume second
            }
            _ = consume first
        }
        let third = try StateLock(directory: folder)
        _ = consume third
    }
}
