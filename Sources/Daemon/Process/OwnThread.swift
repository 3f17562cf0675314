import CLinux
import Glibc
import Synchronization
import Transport

/// Starts a thread that runs `body` and ends with it.
///
/// Whoever starts a thread bounds their number.
/// - Throws: `.system` where the system has no thread to give.
func startThread(
    _ name: String,
    _ body: @escaping @Sendable () -> Void
) throws(TransportError) {
    let box = Unmanaged.passRetained(ThreadBody(name: name, run: body))
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, threadMain, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw .system(call: "pthread_create", errno: code)
    }
    pthread_detach(thread)
}

/// Runs `body`, which blocks, on a thread of its own while the caller waits without one.
func onOwnThread<Value: Sendable, Failure: Error>(
    _ name: String,
    failing: (TransportError) -> Failure,
    _ body: @escaping @Sendable () -> Result<Value, Failure>
) async throws(Failure) -> Value {
    let result: Result<Result<Value, Failure>, TransportError> = await withCheckedContinuation {
        continuation in
        do throws(TransportError) {
            try startThread(name) {
                let result = body()
                // A thread that is started for whoever waits inherits where it may run.
                cl_leave_core()
                continuation.resume(returning: .success(result))
            }
        } catch {
            continuation.resume(returning: .failure(error))
        }
    }
    switch result {
    case .success(let result): return try result.get()
    case .failure(let error): throw failing(error)
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

/// A function of the file: a closure written inside `@main` would carry the main actor with it.
private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
    cl_thread_name(body.name)
    body.run()
    return nil
}

/// Runs `body` as a task and blocks this thread, which is nobody else's, until it has ended.
func waitForTask<Value: Sendable, Failure: Error>(
    failing: (TransportError) -> Failure,
    _ body: @escaping @Sendable () async throws(Failure) -> Value
) throws(Failure) -> Value {
    let outcome = Outcome<Value, Failure>()
    let bell: WakeUp
    do throws(TransportError) {
        bell = try WakeUp()
    } catch {
        throw failing(error)
    }
    Task {
        do throws(Failure) {
            outcome.set(.success(try await body()))
        } catch {
            outcome.set(.failure(error))
        }
        bell.ring()
    }
    while true {
        _ = bell.wait(until: .after(.seconds(3_600)))
        if let result = outcome.result { return try result.get() }
    }
}

private final class Outcome<Value: Sendable, Failure: Error>: Sendable {
    private let slot = Mutex<Result<Value, Failure>?>(nil)
    var result: Result<Value, Failure>? { slot.withLock { $0 } }
    func set(_ result: Result<Value, Failure>) { slot.withLock { $0 = result } }
}
