import Synchronization

/// What is to be written to one connection; filled by tasks, emptied by the server's thread.
final class ControlOutbox: Sendable {
    /// Bytes beyond which whoever has more to say waits.
    static let bytesMax = 1 << 20

    private struct State {
        var bytes: [UInt8] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeUp: WakeUp

    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    /// Leaves a line, as soon as there is room; false once the connection is gone.
    func send(_ line: [UInt8]) async -> Bool {
        while true {
            let isTaken: Bool? = state.withLock { state in
                if state.isClosed { return false }
                guard state.bytes.count < Self.bytesMax else { return nil }
                state.bytes += line
                return true
            }
            if let isTaken {
                wakeUp.ring()
                return isTaken
            }
            await waitForRoom()
        }
    }

    /// Leaves a line from the server's own thread, which has made sure that few can wait.
    func post(_ line: [UInt8]) {
        state.withLock { state in
            if !state.isClosed { state.bytes += line }
        }
    }

    private func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let hasRoom = state.withLock { state in
                guard !state.isClosed, state.bytes.count >= Self.bytesMax else { return true }
                state.waiting.append(continuation)
                return false
            }
            if hasRoom { continuation.resume() }
        }
    }

    var isEmpty: Bool { state.withLock { $0.bytes.isEmpty } }

    /// All that waits to be written.
    func take() -> [UInt8] {
        let (bytes, waiting) = state.withLock { state in
            defer {
                state.bytes = []
                state.waiting = []
            }
            return (state.bytes, state.waiting)
        }
        for continuation in waiting { continuation.resume() }
        return bytes
    }

    /// Nobody reads any longer.
    func close() {
        state.withLock { $0.isClosed = true }
        _ = take()
    }
}
