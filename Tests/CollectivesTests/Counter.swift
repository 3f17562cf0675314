import Foundation
import Synchronization

/// A number that several threads count up.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func increment() { count.withLock { $0 += 1 } }
}

/// A door that is shut until somebody opens it for good.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    /// Waits until it is open, but not for ever.
    func pass() {
        if semaphore.wait(timeout: .now() + 20) == .success { semaphore.signal() }
    }
}
