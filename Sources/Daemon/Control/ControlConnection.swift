import CLinux
import ControlAPI
import Domain
import Glibc
import JSONRPC
import Synchronization
import Transport

/// The requests of one connection that are being answered.
final class CallsInFlight: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var last = 0
    }

    private let state = Mutex(State())
    private let wakeUp: WakeUp

    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    var count: Int { state.withLock { $0.tasks.count } }

    /// Runs `work`; the server is woken when it is done.
    func start(_ work: @escaping MethodTable.Work) {
        // The task is listed before it can take itself off the list.
        state.withLock { state in
            state.last += 1
            let id = state.last
            state.tasks[id] = Task { [self] in
                await work()
                _ = self.state.withLock { $0.tasks.removeValue(forKey: id) }
                wakeUp.ring()
            }
        }
    }

    func cancelAll() {
        for task in state.withLock({ $0.tasks.values }) { task.cancel() }
    }
}

/// One client; belongs to the server's thread.
final class ControlConnection {
    /// Requests of one connection that are answered at a time; more wait in the socket.
    static let callsMax = 64
    /// Descriptors that may wait for their line.
    static let descriptorsMax = 16

    /// Why a connection ends.
    enum End: Equatable {
        case closedByClient
        case lineTooSlow
        case lineTooLong
        case tooManyDescriptors
        case readsNothing
        case system(errno: Int32)
    }

    let socket: Int32
    let caller: Caller
    let outbox: ControlOutbox
    let calls: CallsInFlight
    private let limits: ControlLimits
    /// Throttled until then; nil while it is not.
    var pausedUntil: Deadline?
    private(set) var hasHungUp = false
    private var lines = LineBuffer()
    private var descriptors: [ReceivedDescriptor] = []
    private var lineDeadline: Deadline?
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var stallDeadline: Deadline?

    init(adopting socket: Int32, caller: Caller, limits: ControlLimits, wakeUp: WakeUp) {
        self.limits = limits
        self.socket = socket
        self.caller = caller
        outbox = ControlOutbox(wakeUp: wakeUp)
        calls = CallsInFlight(wakeUp: wakeUp)
    }

    /// Ends whatever goes on for the client.
    func close() {
        outbox.close()
        calls.cancelAll()
        descriptors = []
        Glibc.close(socket)
    }

    /// Whether input is wanted: not while enough is being answered, nor while throttled.
    var wantsInput: Bool {
        !hasHungUp && pausedUntil == nil && calls.count < Self.callsMax && !isBehind
    }

    var wantsOutput: Bool { sent < outgoing.count || !outbox.isEmpty }

    /// Whether the client lets answers pile up.
    private var isBehind: Bool { outgoing.count - sent >= ControlOutbox.bytesMax }

    /// Whether a client that has said all it will has got all it will.
    var isDone: Bool {
        hasHungUp && calls.count == 0 && pausedUntil == nil && !wantsOutput
    }

    /// The next moment at which something must happen.
    var deadline: Deadline? {
        [lineDeadline, stallDeadline, pausedUntil].compactMap(\.self)
            .min { $0.remaining < $1.remaining }
    }

    /// Whether a limit has been passed.
    var overdue: End? {
        if stallDeadline?.hasPassed == true { return .readsNothing }
        return lineDeadline?.hasPassed == true && wantsInput ? .lineTooSlow : nil
    }

    /// Takes what has arrived; why the connection ends, if it does.
    func receive() -> End? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var numbers = [Int32](repeating: -1, count: Self.descriptorsMax)
        var count = 0
        var isTruncated: Int32 = 0
        let got = cl_receive_with_descriptors(
            socket,
            &bytes,
            bytes.count,
            &numbers,
            numbers.count,
            &count,
            &isTruncated,
            Int32(MSG_DONTWAIT)
        )
        descriptors += numbers[..<count].map(ReceivedDescriptor.init)
        if isTruncated != 0 || descriptors.count > Self.descriptorsMax {
            return .tooManyDescriptors
        }
        guard got >= 0 else {
            return errno == EAGAIN || errno == EINTR ? nil : .system(errno: errno)
        }
        if got == 0 {
            hasHungUp = true
            return nil
        }
        lines.append(bytes[..<got])
        return nil
    }

    /// The next whole line.
    func nextLine() throws(LineBuffer.Failure) -> [UInt8]? {
        let line = try lines.next()
        if line != nil || !lines.isInsideLine { lineDeadline = nil }
        if lines.isInsideLine, lineDeadline == nil { lineDeadline = .after(limits.line) }
        // What came with a line that wanted none is closed; part of a line may yet want it.
        if line == nil, !lines.isInsideLine { descriptors = [] }
        return line
    }

    /// The descriptors for a request that takes so many.
    func takeDescriptors(_ range: ClosedRange<Int>) throws(RPCError) -> [ReceivedDescriptor] {
        let count = min(range.upperBound, descriptors.count)
        guard count >= range.lowerBound else {
            throw RPCError(.badUsage, "\(range.lowerBound) descriptors are needed, \(count) came")
        }
        defer { descriptors.removeFirst(count) }
        return Array(descriptors[..<count])
    }

    /// Writes what the client will take now; why the connection ends, if it does.
    func transmit() -> End? {
        while true {
            if sent == outgoing.count {
                outgoing = outbox.take()
                sent = 0
                stallDeadline = nil
                if outgoing.isEmpty { return nil }
            }
            let rest = outgoing.count - sent
            let count = outgoing.withUnsafeBytes { raw in
                send(
                    socket,
                    raw.baseAddress.map { $0 + sent },
                    rest,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
                )
            }
            if count < 0 {
                guard errno == EAGAIN || errno == EINTR else {
                    return errno == EPIPE ? .closedByClient : .system(errno: errno)
                }
                if stallDeadline == nil { stallDeadline = .after(limits.stall) }
                return nil
            }
            sent += count
            stallDeadline = nil
        }
    }
}
