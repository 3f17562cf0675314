import Synchronization

/// Carries a value that has one owner from one thread to another.
final class HandOver<Value: ~Copyable>: Sendable {
    private let slot: Mutex<Value?>

    /// Puts the value in.
    init(_ value: consuming sending Value) { slot = Mutex(value) }

    /// Takes the value out; nil for whoever comes second.
    func take() -> sending Value? { slot.withLock { $0.take() } }
}
