internal import CLinux
internal import Glibc

/// The worker's end of its socket; every call blocks until it is done.
public final class WorkerChannel {
    private let socket: Int32
    private let memoryLimit: Int?
    private var incoming = FrameBuffer()
    private var room = [UInt8](repeating: 0, count: 64 << 10)
    private var handed = [Int32](repeating: -1, count: Int(CL_DESCRIPTORS_MAX))
    private var descriptors: [Int32] = []
    private var reduced: Set<UInt32> = []
    private var confirmed: Set<UInt32> = []
    private var gathered: [UInt32: [Int]] = [:]
    private var wasToldToStop = false
    private var lastID: UInt32 = 0

    /// A channel over the socket to the daemon, which must have taken the preamble from it.
    init(socket: Int32, memoryLimit: Int? = nil) {
        self.socket = socket
        self.memoryLimit = memoryLimit
    }

    /// Waits for the job.
    public func receiveJob() throws(WorkerError) -> WorkerJob {
        guard case .start(let start) = try receive() else {
            throw .unexpected(message: "something before the job")
        }
        let expected = start.descriptorCount + (start.memoryBytes > 0 ? 1 : 0)
        guard descriptors.count == expected else {
            throw .system(call: "recvmsg", errno: EMFILE)
        }
        var handed = descriptors[...]
        var memory: SharedMemory?
        if start.memoryBytes > 0, let file = handed.popFirst() {
            memory = try SharedMemory(adopting: file, byteCount: start.memoryBytes)
        }
        return WorkerJob(
            kind: start.kind,
            payload: start.payload,
            descriptors: Array(handed),
            memory: memory,
            memoryLimit: memoryLimit
        )
    }

    /// Whether the daemon asked for an end at the next step.
    public func isStopRequested() throws(WorkerError) -> Bool {
        while !wasToldToStop {
            if let frame = try nextFrame() {
                try note(try DaemonMessage(frame))
            } else {
                guard try isReadable() else { break }
                try fill()
            }
        }
        return wasToldToStop
    }

    /// Asks for a range to be combined over all ranks; several may be under way at once.
    ///
    /// The range belongs to the daemon until `finishReduce`.
    /// - Returns: What to call `finishReduce` with.
    public func beginReduce(
        _ range: SharedRange,
        _ operation: ReduceOperation
    ) throws(WorkerError) -> UInt32 {
        lastID &+= 1
        try send(.reduce(ReduceRequest(id: lastID, range: range, operation: operation)))
        return lastID
    }

    /// Waits until a range holds the combined values.
    public func finishReduce(_ id: UInt32) throws(WorkerError) {
        while reduced.remove(id) == nil { try note(try receive()) }
    }

    /// Waits for the bytes of all ranks, which lie in the range one after the other; this rank's
    /// own lie at its beginning before.
    /// - Returns: the length of each, in rank order.
    func gather(_ range: SharedRange, ownBytes: Int) throws(WorkerError) -> [Int] {
        lastID &+= 1
        let id = lastID
        try send(.gather(GatherRequest(id: id, range: range, ownBytes: ownBytes)))
        while true {
            if let lengths = gathered.removeValue(forKey: id) { return lengths }
            try note(try receive())
        }
    }

    /// Says how far the job is.
    public func report(progress: [UInt8]) throws(WorkerError) { try send(.progress(progress)) }

    /// Hands over state to keep, and waits until it has been taken.
    public func checkpoint(
        metadata: [UInt8],
        state: [SharedRange]
    ) throws(WorkerError) {
        lastID &+= 1
        let id = lastID
        try send(.checkpoint(StateReport(id: id, metadata: metadata, state: state)))
        while confirmed.remove(id) == nil { try note(try receive()) }
    }

    /// Says that the job is done.
    public func finish(metadata: [UInt8], state: [SharedRange] = []) throws(WorkerError) {
        try send(.result(StateReport(id: 0, metadata: metadata, state: state)))
    }

    /// Says why the job cannot be done.
    public func fail(_ failure: WorkerFailure) throws(WorkerError) { try send(.failure(failure)) }

    /// Writes a line to the daemon's log.
    public func log(_ level: WorkerLogLine.Level, _ text: String) throws(WorkerError) {
        try send(.log(WorkerLogLine(level: level, text: text)))
    }

    func send(_ message: WorkerMessage) throws(WorkerError) {
        var rest = message.frame.bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw gone("send") }
            rest = rest.dropFirst(sent)
        }
    }

    private func note(_ message: DaemonMessage) throws(WorkerError) {
        switch message {
        case .reduced(let id): reduced.insert(id)
        case .confirmed(let id): confirmed.insert(id)
        case .stop: wasToldToStop = true
        case .gathered(let id, let lengths): gathered[id] = lengths
        case .start: throw .unexpected(message: "a second job")
        }
    }

    private func receive() throws(WorkerError) -> DaemonMessage {
        while true {
            if let frame = try nextFrame() { return try DaemonMessage(frame) }
            try fill()
        }
    }

    private func nextFrame() throws(WorkerError) -> SeamFrame? {
        try incoming.next { _ in DaemonMessage.limit }
    }

    private func fill() throws(WorkerError) {
        var count = 0
        var isTruncated: Int32 = 0
        var got = 0
        repeat {
            got = cl_receive_with_descriptors(
                socket,
                &room,
                room.count,
                &handed,
                handed.count,
                &count,
                &isTruncated,
                0
            )
        } while got < 0 && errno == EINTR
        guard got > 0 else { throw got == 0 ? .closedByDaemon : gone("recvmsg") }
        descriptors.append(contentsOf: handed[..<count])
        guard isTruncated == 0 else { throw .system(call: "recvmsg", errno: EMFILE) }
        room.withUnsafeBytes { incoming.append(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
    }

    private func isReadable() throws(WorkerError) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        let ready = poll(&entry, 1, 0)
        if ready < 0, errno != EINTR { throw .system(call: "poll", errno: errno) }
        return ready > 0
    }

    private func gone(_ call: String) -> WorkerError {
        errno == EPIPE || errno == ECONNRESET
            ? .closedByDaemon : .system(call: call, errno: errno)
    }
}

/// What a worker was handed.
public struct WorkerJob {
    /// What to do.
    public let kind: JobKind
    /// How; its form is the job's affair.
    public let payload: [UInt8]
    /// On what, in the order that the job's form gives; they stay open while the worker lives.
    public let descriptors: [Int32]
    /// Memory shared with the daemon, where the job needs some.
    public let memory: SharedMemory?
    /// Bytes of memory that this process may use, where there is a limit.
    public let memoryLimit: Int?
}
