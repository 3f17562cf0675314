import Collectives
import Domain
import Synchronization
import Transport

/// One seam of one ring: who sends to whom.
struct Seam: Hashable, Sendable, CustomStringConvertible {
    let run: RunID
    let generation: Generation
    let sender: Rank
    let receiver: Rank

    init(_ hello: RingHello) {
        run = hello.run
        generation = hello.generation
        sender = hello.sender
        receiver = hello.receiver
    }

    var description: String { "run \(run), generation \(generation), \(sender) to \(receiver)" }
}

/// A ring link that somebody waits for.
struct RingExpectation: Sendable {
    let hello: RingHello
    let node: NodeID
    let key: [UInt8]
}

/// Brings ring links that came together with those who wait for them, whoever is first.
final class RingDoor: Sendable {
    typealias Waiting = CheckedContinuation<Result<RingLink, PeerError>, Never>

    private struct Entry {
        let expectation: RingExpectation
        let continuation: Waiting
    }

    private struct State {
        var entries: [Seam: Entry] = [:]
        var bells: [Int: WakeUp] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Waits until `claim` hands the link over.
    func expect(
        _ expectation: RingExpectation,
        within limit: Duration
    ) async throws(PeerError) -> RingLink {
        let seam = Seam(expectation.hello)
        let timer = Task { [weak self] in
            try? await Task.sleep(for: limit)
            guard !Task.isCancelled else { return }
            let error = PeerError.timedOut(expectation.node, method: "ring link", limit: limit)
            self?.claim(seam)?.resume(returning: .failure(error))
        }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(Entry(expectation: expectation, continuation: continuation))
            }
        } onCancel: {
            claim(seam)?.resume(returning: .failure(.cancelled))
        }
        return try result.get()
    }

    private func enter(_ entry: Entry) {
        let seam = Seam(entry.expectation.hello)
        let isIn = state.withLock { state in
            guard !state.isClosed, !Task.isCancelled, state.entries[seam] == nil else {
                return false
            }
            state.entries[seam] = entry
            for bell in state.bells.values { bell.ring() }
            return true
        }
        if !isIn { entry.continuation.resume(returning: .failure(.cancelled)) }
    }

    /// Who waits for `seam`, waiting itself for at most `limit`; blocks.
    func find(_ seam: Seam, within limit: Duration) -> RingExpectation? {
        guard let bell = try? WakeUp() else { return nil }
        let deadline = Deadline.after(limit)
        let id = state.withLock { state in
            let id = (state.bells.keys.max() ?? 0) + 1
            state.bells[id] = bell
            return id
        }
        defer { state.withLock { $0.bells[id] = nil } }
        while true {
            bell.clear()
            let (entry, isClosed) = state.withLock { ($0.entries[seam], $0.isClosed) }
            if let entry { return entry.expectation }
            if isClosed || !bell.wait(until: deadline) { return nil }
        }
    }

    /// Takes the place of whoever waits; the caller resumes it.
    @discardableResult
    func claim(_ seam: Seam) -> Waiting? {
        state.withLock { $0.entries.removeValue(forKey: seam) }?.continuation
    }

    /// Sends everybody away.
    func close() {
        let entries = state.withLock { state in
            state.isClosed = true
            for bell in state.bells.values { bell.ring() }
            defer { state.entries = [:] }
            return state.entries.values
        }
        for entry in entries { entry.continuation.resume(returning: .failure(.cancelled)) }
    }
}
