import Domain
import Synchronization
import Transport

/// The living control link to one peer, as every thread but its own sees it.
///
/// Its own thread runs a `SessionLoop`; everybody else leaves messages here and rings.
final class PeerSession: Sendable {
    /// Bytes that may wait for a peer that reads slowly; more is refused, never queued.
    static let queueBytesMax = 16 << 20
    /// Calls that may wait for one peer's answer.
    static let callsMax = 256

    let peer: NodeID
    let hello: PeerHello
    let facts: SessionFacts
    let wakeUp: WakeUp
    private let mailbox = Mutex(Mailbox())

    /// What waits for the session's thread, and who waits for the peer.
    private struct Mailbox {
        var outbound: [Frame] = []
        var outboundBytes = 0
        var calls: [UInt64: WaitingCall] = [:]
        var lastID: UInt64 = 0
        /// Why the link ends; nothing is taken any longer once it is set.
        var end: String?
        /// Calls of the peer that are being answered here.
        var answering = 0
    }

    private struct WaitingCall {
        let method: String
        let deadline: Deadline
        let continuation: CheckedContinuation<Result<[UInt8], PeerError>, Never>
    }

    init(peer: NodeID, hello: PeerHello, facts: SessionFacts) throws(TransportError) {
        self.peer = peer
        self.hello = hello
        self.facts = facts
        wakeUp = try WakeUp()
    }

    /// Asks the peer and waits for its answer.
    func call(
        _ method: String,
        _ payload: [UInt8],
        within limit: Duration
    ) async throws(PeerError) -> [UInt8] {
        let id = nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let call = WaitingCall(
                    method: method,
                    deadline: .after(limit),
                    continuation: continuation
                )
                start(call, id: id, payload: payload)
            }
        } onCancel: {
            finish(id, with: .failure(.cancelled))
            try? post(.withdrawal(id: id))
        }
        return try result.get()
    }

    private func nextID() -> UInt64 {
        mailbox.withLock { mailbox in
            mailbox.lastID += 1
            return mailbox.lastID
        }
    }

    private func start(_ call: WaitingCall, id: UInt64, payload: [UInt8]) {
        let message = PeerMessage.call(id: id, method: call.method, payload: payload)
        guard payload.count < PeerMessage.bytesMax - 256 else {
            call.continuation.resume(
                returning: .failure(.malformed(peer, reason: "\(payload.count) bytes in one call"))
            )
            return
        }
        let refusal: PeerError? = mailbox.withLock { mailbox in
            if Task.isCancelled { return .cancelled }
            guard mailbox.calls.count < Self.callsMax else { return .busy(peer) }
            mailbox.calls[id] = call
            return nil
        }
        if let refusal { return call.continuation.resume(returning: .failure(refusal)) }
        do throws(PeerError) {
            try post(message)
        } catch {
            finish(id, with: .failure(error))
        }
    }

    /// Leaves a message for the peer.
    func post(_ message: PeerMessage) throws(PeerError) {
        let frame = message.frame
        let size = Frame.headerBytes + frame.payload.count
        let refusal: PeerError? = mailbox.withLock { mailbox in
            if let end = mailbox.end { return .unreachable(peer, reason: end) }
            guard mailbox.outboundBytes + size <= Self.queueBytesMax else { return .busy(peer) }
            mailbox.outbound.append(frame)
            mailbox.outboundBytes += size
            return nil
        }
        if let refusal { throw refusal }
        wakeUp.ring()
    }

    /// Ends the link; whoever waits for the peer is told `reason`.
    func close(_ reason: String) {
        let calls = mailbox.withLock { mailbox in
            if mailbox.end == nil { mailbox.end = reason }
            defer { mailbox.calls = [:] }
            return mailbox.calls.values
        }
        for call in calls {
            call.continuation.resume(returning: .failure(.unreachable(peer, reason: reason)))
        }
        wakeUp.ring()
    }

    /// Why the link ends, once it does.
    var end: String? { mailbox.withLock { $0.end } }

    /// What waits to be sent; empties the queue.
    func takeOutbound() -> [Frame] {
        mailbox.withLock { mailbox in
            defer {
                mailbox.outbound = []
                mailbox.outboundBytes = 0
            }
            return mailbox.outbound
        }
    }

    /// Answers whoever asked under `id`; an answer that nobody waits for is forgotten.
    func finish(_ id: UInt64, with result: Result<[UInt8], PeerError>) {
        let call = mailbox.withLock { $0.calls.removeValue(forKey: id) }
        call?.continuation.resume(returning: result)
    }

    /// Tells those whose time is over, and says when the next one's is.
    func expireCalls() -> Deadline? {
        let (late, next) = mailbox.withLock { mailbox in
            let late = mailbox.calls.filter { $0.value.deadline.hasPassed }
            for id in late.keys { mailbox.calls[id] = nil }
            let first = mailbox.calls.values.map(\.deadline).min { $0.remaining < $1.remaining }
            return (Array(late.values), first)
        }
        for call in late {
            let error = PeerError.timedOut(peer, method: call.method, limit: call.deadline.limit)
            call.continuation.resume(returning: .failure(error))
        }
        return next
    }

    /// Takes a place among the calls that are answered here; false where all are taken.
    func beginAnswering(limit: Int) -> Bool {
        mailbox.withLock { mailbox in
            guard mailbox.answering < limit else { return false }
            mailbox.answering += 1
            return true
        }
    }

    /// Gives the place back.
    func endAnswering() { mailbox.withLock { $0.answering -= 1 } }
}

/// What the handshake said about a peer.
struct SessionFacts: Equatable, Sendable {
    /// Where the other end of the connection is.
    var address: String
    /// Serial number of its certificate.
    var serial: String
    /// End of its certificate's life, seconds since 1970.
    var notAfter: Int64
}
