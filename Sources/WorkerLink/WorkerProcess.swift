internal import CLinux
internal import Glibc
public import Transport

/// The daemon's end of one worker: its process, its socket and the memory shared with it.
///
/// One thread owns it. `launch` and `start` block for a moment; from then on nothing does: sleep
/// in `poll` on `socket` for `pollEvents`, then call `receive` until it returns nil. Whatever the
/// worker sends, nothing traps and no queue grows without limit; a worker that breaks the rules is
/// an error, after which the caller drops this object, which ends the process.
public final class WorkerProcess {
    /// The socket, for `poll`.
    public let socket: Int32
    /// Which locks are in force in it.
    public private(set) var isolation = WorkerIsolation(landlockVersion: 0, filtersCalls: false)
    /// What it shares with us, once its job has started.
    public private(set) var memory: SharedMemory?

    /// How long its counter may stand still while it is to compute.
    public var silenceLimit: Duration {
        get { silence.limit }
        set { silence = SilenceWatch(limit: newValue) }
    }

    private let child: ChildProcess?
    private var exit: WorkerExit?
    private var incoming = FrameBuffer()
    private var room = [UInt8](repeating: 0, count: 64 << 10)
    private var outgoing: [UInt8] = []
    private var unanswered: Set<UInt32> = []
    private var unconfirmed: Set<UInt32> = []
    private var silence = SilenceWatch(limit: .seconds(10))
    private var flood = FloodWatch(limit: 5000)
    private var stage = Stage.starting

    /// How far the conversation is; each message has its place in it.
    private enum Stage {
        case starting
        case working
        case done
    }

    init(socket: Int32, child: ChildProcess?) {
        self.socket = socket
        self.child = child
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
    }

    deinit { _ = end(within: .zero) }

    /// A descriptor that becomes readable when the process has ended; nil where the service
    /// manager owns it.
    public var exitDescriptor: Int32? { child?.descriptor }

    /// Events to give to `poll` with `socket`.
    public var pollEvents: Int16 { Int16(outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT) }

    /// Whether it waits for an answer or a confirmation of ours, and need not compute.
    public var isWaiting: Bool { !unanswered.isEmpty || !unconfirmed.isEmpty }

    /// The next message, nil when nothing whole has arrived.
    ///
    /// Every range in it lies within `memory`.
    /// - Throws: `.ended` once the worker is gone and all that it said has been taken.
    public func receive() throws(WorkerError) -> WorkerMessage? {
        while true {
            if let frame = try incoming.next(limit: payloadLimit) {
                let message = try accept(frame)
                silence.heard()
                return message
            }
            guard try fill() else { return nil }
        }
    }

    /// Says that the range of a request holds the combined values.
    /// - Precondition: the request is one that `receive` returned, not answered yet.
    public func answer(_ request: ReduceRequest) throws(WorkerError) {
        precondition(unanswered.remove(request.id) != nil, "nobody asked for \(request.id)")
        try send(.reduced(id: request.id))
    }

    /// Says that the range of a request holds the bytes of all ranks, and how long each string is.
    /// - Precondition: the request is one that `receive` returned, not answered yet.
    public func answer(_ request: GatherRequest, lengths: [Int]) throws(WorkerError) {
        precondition(unanswered.remove(request.id) != nil, "nobody asked for \(request.id)")
        try send(.gathered(id: request.id, lengths: lengths))
    }

    /// Says that the state of a checkpoint has been taken, so that its memory may change again.
    /// - Precondition: the report is one that `receive` returned, not confirmed yet.
    public func confirm(_ report: StateReport) throws(WorkerError) {
        precondition(unconfirmed.remove(report.id) != nil, "no checkpoint \(report.id) to confirm")
        try send(.confirmed(id: report.id))
    }

    /// Asks it to end at its next step, with a checkpoint where it has something to keep.
    public func requestStop() throws(WorkerError) { try send(.stop) }

    /// Sends what the worker will take now of what waits for it.
    public func flush() throws(WorkerError) {
        while !outgoing.isEmpty {
            let sent = outgoing.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else {
                // A worker that has gone may have said why: that is for `receive` to find.
                if errno == EPIPE || errno == ECONNRESET { outgoing = [] }
                return
            }
            outgoing.removeFirst(sent)
        }
    }

    /// Finds a worker that hangs; call it at least every second while it has work.
    /// - Throws: `.silent` when it was to compute and its counter stood still for `silenceLimit`.
    public func checkSilence() throws(WorkerError) {
        guard let memory else { return }
        let now = monotonicNanoseconds()
        if silence.isSilent(ticks: memory.ticks, isWaiting: isWaiting, now: now) {
            throw .silent(limit: silence.limit)
        }
    }

    /// Closes the socket, which ends the worker; kills it when it is still there after `grace`.
    ///
    /// Afterwards only `exitDescriptor` and this function mean anything.
    @discardableResult
    public func end(within grace: Duration) -> WorkerExit {
        if let exit { return exit }
        close(socket)
        let exit = child?.end(within: grace) ?? WorkerExit(.unknown)
        self.exit = exit
        return exit
    }

    private func send(_ message: DaemonMessage) throws(WorkerError) {
        guard exit == nil else { return }
        guard outgoing.count < waitingBytesMax else {
            throw .notReading(waitingBytes: outgoing.count)
        }
        outgoing.append(contentsOf: message.frame.bytes)
        try flush()
    }

    /// Takes what has arrived; false when there is nothing.
    private func fill() throws(WorkerError) -> Bool {
        while true {
            // Descriptors that ride on these bytes are closed by the kernel: nobody asked for any.
            let got = recv(socket, &room, room.count, 0)
            if got > 0 {
                room.withUnsafeBytes {
                    incoming.append(UnsafeRawBufferPointer(rebasing: $0[..<got]))
                }
                return true
            }
            if got < 0, errno == EINTR { continue }
            if got < 0, errno == EAGAIN { return false }
            if got == 0 || errno == ECONNRESET { throw .ended(end(within: .milliseconds(500))) }
            throw .system(call: "recv", errno: errno)
        }
    }

    private func payloadLimit(_ kind: UInt8) throws(WorkerError) -> Int {
        guard let kind = WorkerFrameKind(rawValue: kind) else {
            throw .unexpected(message: "message of kind \(kind)")
        }
        return kind.limit
    }

    /// Reads one frame and checks that it has its place here.
    private func accept(_ frame: SeamFrame) throws(WorkerError) -> WorkerMessage {
        guard let kind = WorkerFrameKind(rawValue: frame.kind) else {
            throw .unexpected(message: "message of kind \(frame.kind)")
        }
        let isGreeting = kind == .ready || kind == .refused
        guard stage != .done, isGreeting == (stage == .starting) else {
            throw .unexpected(message: "\(kind)")
        }
        let message = try WorkerMessage(kind, payload: frame.payload, memory: memory)
        switch message {
        case .ready: stage = .working
        case .refused, .result, .failure: stage = .done
        case .reduce(let request):
            guard unanswered.count < inFlightMax, unanswered.insert(request.id).inserted else {
                throw .unexpected(message: "one reduce more")
            }
        case .gather(let request):
            guard unanswered.count < inFlightMax, unanswered.insert(request.id).inserted else {
                throw .unexpected(message: "one gather more")
            }
        case .checkpoint(let report):
            guard unconfirmed.count < inFlightMax, unconfirmed.insert(report.id).inserted else {
                throw .unexpected(message: "one checkpoint more")
            }
        case .progress, .log:
            guard !flood.isFlooding(now: monotonicNanoseconds()) else {
                throw .flooding(limit: flood.limit)
            }
        }
        return message
    }
}

/// Reduces, and checkpoints, that may wait for our answer at a time.
private let inFlightMax = 64

/// Bytes that may wait for a worker that does not read; an answer has nine.
private let waitingBytesMax = 64 << 10

extension WorkerProcess {
    /// Hands over the job: what it is, its descriptors and the memory for it.
    ///
    /// The worker gets its own copies of the descriptors; the caller keeps his.
    /// - Precondition: the worker has no job yet, and gets at most 252 descriptors.
    public func start(
        _ kind: JobKind,
        payload: [UInt8],
        descriptors: [Int32],
        memory: SharedMemory? = nil,
        until deadline: Deadline
    ) throws(WorkerError) {
        precondition(self.memory == nil, "this worker has a job")
        precondition(descriptors.count < CL_DESCRIPTORS_MAX, "\(descriptors.count) descriptors")
        self.memory = memory
        let start = DaemonMessage.JobStart(
            kind: kind,
            memoryBytes: memory?.byteCount ?? 0,
            descriptorCount: descriptors.count,
            payload: payload
        )
        let handed = (memory.map { [$0.descriptor] } ?? []) + descriptors
        try sendAll(DaemonMessage.start(start).frame.bytes, with: handed, until: deadline)
        silence.heard()
    }

    /// Sends all of `bytes`; blocks.
    func sendAll(
        _ bytes: [UInt8],
        with descriptors: [Int32] = [],
        until deadline: Deadline
    ) throws(WorkerError) {
        var rest = bytes[...]
        var handed = descriptors
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                cl_send_with_descriptors(socket, $0.baseAddress, $0.count, handed, handed.count)
            }
            if sent > 0 {
                handed = []
                rest = rest.dropFirst(sent)
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, until: deadline)
            } else if errno == EPIPE || errno == ECONNRESET {
                throw .ended(end(within: .milliseconds(500)))
            } else if errno != EINTR {
                throw .system(call: "sendmsg", errno: errno)
            }
        }
    }

    /// Sleeps until the socket is ready.
    func wait(for events: Int32, until deadline: Deadline) throws(WorkerError) {
        do throws(TransportError) {
            try waitUntilReady(socket, for: events, until: deadline, peer: "worker")
        } catch .system(let call, let errno) {
            throw .system(call: call, errno: errno)
        } catch {
            throw .notReady(limit: deadline.limit)
        }
    }

    /// Takes its first message, which says how it is locked in.
    func awaitReady(_ policy: IsolationPolicy, until deadline: Deadline) throws(WorkerError) {
        while true {
            switch try receive() {
            case .ready(let isolation):
                self.isolation = isolation
                guard isolation.isConfined || policy == .none else {
                    throw .notConfined(reason: "only \(isolation)")
                }
                return
            case .refused(let reason): throw .notConfined(reason: reason)
            case nil: try wait(for: POLLIN, until: deadline)
            default: throw .unexpected(message: "a message before 'ready'")
            }
        }
    }
}
