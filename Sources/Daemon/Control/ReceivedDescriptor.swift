import Glibc
import Synchronization

/// A descriptor that a client passed; closed with its last reference unless somebody took it.
final class ReceivedDescriptor: Sendable {
    private let number: Mutex<Int32?>

    init(_ number: Int32) { self.number = Mutex(number) }

    deinit {
        if let number = take() { close(number) }
    }

    /// The descriptor, which the caller closes from now on; nil for whoever comes second.
    func take() -> Int32? {
        number.withLock { number in
            defer { number = nil }
            return number
        }
    }

    /// Uses the descriptor, which stays here.
    func withDescriptor<Value: Sendable>(_ body: (Int32) -> Value) -> Value? {
        number.withLock { $0.map(body) }
    }
}
