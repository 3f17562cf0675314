import Collectives
import Domain
import Glibc
import Transport
import WorkerLink

/// What a rank looks at while it waits for its neighbours: its own worker, its orders, the peers.
///
/// One thread owns it together with the ring.
final class RunMonitor: RingMonitor {
    private let worker: WorkerProcess
    private let control: RunControl
    private let node: NodeID
    private let rank: Rank
    /// Who of the seats is known to be gone, and why; asked at most every quarter of a second.
    private let lostSeat: @Sendable () -> Cause?
    private var askedAt: Int64 = 0

    /// Whether no collective is going on, so that the worker may have something to say.
    var isIdle = true
    /// The step that the worker reported last.
    var step: Int?

    init(
        worker: WorkerProcess,
        control: RunControl,
        node: NodeID,
        rank: Rank,
        lostSeat: @escaping @Sendable () -> Cause?
    ) {
        self.worker = worker
        self.control = control
        self.node = node
        self.rank = rank
        self.lostSeat = lostSeat
    }

    var descriptors: [WatchedDescriptor] {
        let orders = WatchedDescriptor(control.descriptor, events: Int16(POLLIN))
        // During a collective the worker may say things that can wait; only its end cannot.
        let events = isIdle ? worker.pollEvents : hangUpEvent
        return [orders, WatchedDescriptor(worker.socket, events: events)]
    }

    func check(_ wait: RingWait) -> CollectiveError? {
        control.clear()
        if let cause = control.cause { return .aborted(cause) }
        do throws(WorkerError) {
            if control.takeStop() { try worker.requestStop() }
            try worker.flush()
            try worker.checkSilence()
        } catch {
            return .aborted(cause(of: error))
        }
        if !isIdle, hasHungUp {
            return .aborted(cause(of: .ended(worker.end(within: .milliseconds(500)))))
        }
        let now = monotonicNanoseconds()
        guard now - askedAt > 200_000_000 else { return nil }
        askedAt = now
        return lostSeat().map { .aborted($0) }
    }

    /// The cause that a failing worker of ours is.
    func cause(of error: WorkerError) -> Cause { cause(because: "\(error)") }

    /// A cause that lies with us.
    func cause(because reason: String) -> Cause {
        Cause(node: node, rank: rank, step: step, reason: reason)
    }

    private var hasHungUp: Bool {
        var entry = pollfd(fd: worker.socket, events: hangUpEvent, revents: 0)
        return poll(&entry, 1, 0) > 0
    }
}

/// `POLLRDHUP`, which Glibc's module does not show: the other end has hung up.
private let hangUpEvent: Int16 = 0x2000
