import Domain
import Synchronization
import Transport

/// How the rest of the daemon reaches a run's ring thread: a wish to stop, or an order to end.
final class RunControl: Sendable {
    private struct State {
        var cause: Cause?
        var wantsStop = false
        var leaving: Cause?
    }

    private let state = Mutex(State())
    private let wakeUp: WakeUp

    init() throws(TransportError) { wakeUp = try WakeUp() }

    /// What the ring thread adds to its `poll`.
    var descriptor: Int32 { wakeUp.descriptor }

    /// Ends the run with this cause; the first one counts.
    func abort(_ cause: Cause) {
        state.withLock { $0.cause = $0.cause ?? cause }
        wakeUp.ring()
    }

    /// Asks the worker to stop at its next step.
    func stop() {
        state.withLock { $0.wantsStop = true }
        wakeUp.ring()
    }

    /// Notes the node that goes away, for whose sake the run will stop; the first one counts.
    func note(leaving cause: Cause) {
        state.withLock { $0.leaving = $0.leaving ?? cause }
    }

    /// The node that goes away; nil while nobody does.
    var leaving: Cause? { state.withLock { $0.leaving } }

    /// Forgets what woke the thread, before it looks.
    func clear() { wakeUp.clear() }

    /// Why the run is to end; nil while it may go on.
    var cause: Cause? { state.withLock { $0.cause } }

    /// Whether the worker is to be asked to stop; true once.
    func takeStop() -> Bool {
        state.withLock { state in
            defer { state.wantsStop = false }
            return state.wantsStop
        }
    }
}
