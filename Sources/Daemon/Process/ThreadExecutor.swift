import Glibc
import Synchronization
import Transport

/// One thread for one actor that blocks; every job of the actor runs there, in order.
///
/// The thread ends when the executor does, after the jobs that were queued by then.
final class ThreadExecutor: SerialExecutor {
    private let queue: JobQueue

    init(name: String) throws(TransportError) {
        let queue = try JobQueue()
        self.queue = queue
        try startThread(name) { queue.runUntilClosed() }
    }

    deinit { queue.close() }

    func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), for: asUnownedSerialExecutor())
    }
}

/// What waits to be run; outlives the executor, never the thread.
private final class JobQueue: Sendable {
    private struct State {
        var jobs: [(UnownedJob, UnownedSerialExecutor)] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeUp: WakeUp

    init() throws(TransportError) { wakeUp = try WakeUp() }

    func append(_ job: UnownedJob, for executor: UnownedSerialExecutor) {
        state.withLock { $0.jobs.append((job, executor)) }
        wakeUp.ring()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wakeUp.ring()
    }

    func runUntilClosed() {
        while true {
            wakeUp.clear()
            let (jobs, isClosed) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isClosed)
            }
            for (job, executor) in jobs { job.runSynchronously(on: executor) }
            guard jobs.isEmpty else { continue }
            if isClosed { return }
            _ = wakeUp.wait(until: .after(.seconds(3_600)))
        }
    }
}
