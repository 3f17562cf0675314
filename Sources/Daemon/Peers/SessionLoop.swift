import Domain
import Glibc
import Transport
import Wire

/// What a session tells the rest of the daemon; called on the session's thread, never blocking.
protocol SessionObserver: Sendable {
    /// Anything came in.
    func heard(_ session: PeerSession)
    /// A heartbeat came back.
    func measured(_ session: PeerSession, _ clock: ClockSample)
    /// How far the peer's workers are.
    func counted(_ session: PeerSession, _ counters: [String: UInt64])
    /// What the peer shall hear of ours.
    func counters() -> [String: UInt64]
    /// The peer asks; the answer is posted to the session, whenever it is known.
    func asked(_ session: PeerSession, id: UInt64, method: String, payload: [UInt8])
    /// The peer does not want the answer any longer.
    func withdrawn(_ session: PeerSession, id: UInt64)
}

/// One heartbeat's round trip.
struct ClockSample: Equatable, Sendable {
    /// There and back, in seconds.
    var roundTrip: Double
    /// The peer's wall clock minus ours, in seconds.
    ///
    /// Source: Cristian, Distributed Computing 3, 1989: off by at most half the round trip.
    var offset: Double
}

/// Drives one control link, both directions at once, until it ends; one thread.
///
/// Reading never waits for writing: a peer that reads slowly fills its own queue, no more.
struct SessionLoop<L: Link & ~Copyable>: ~Copyable {
    private var link: L
    private let session: PeerSession
    private let observer: any SessionObserver
    private let interval: Duration
    private var incoming = FrameBuffer(limit: PeerMessage.bytesMax)
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var nextHeartbeat = Deadline.after(.zero)
    private var heartbeat: (number: UInt64, sentAt: Int64, wallClock: Double)?
    private var number: UInt64 = 0

    init(
        link: consuming L,
        session: PeerSession,
        observer: any SessionObserver,
        interval: Duration
    ) {
        self.link = link
        self.session = session
        self.observer = observer
        self.interval = interval
    }

    /// Runs until the link ends and says why it did.
    mutating func run() -> String {
        do throws(TransportError) {
            while true {
                if let end = session.end { return end }
                try beat()
                try receive()
                try transmit()
                try wait()
            }
        } catch {
            return "\(error)"
        }
    }

    private mutating func beat() throws(TransportError) {
        guard nextHeartbeat.hasPassed else { return }
        nextHeartbeat = .after(interval)
        number += 1
        let now = wallClockSeconds()
        heartbeat = (number, monotonicNanoseconds(), now)
        let counters = observer.counters()
        queue(.heartbeat(number: number, wallClock: now, counters: counters))
    }

    private mutating func queue(_ message: PeerMessage) {
        outgoing.append(contentsOf: message.frame.encoded)
    }

    private mutating func transmit() throws(TransportError) {
        repeat {
            if sent == outgoing.count {
                outgoing.removeAll(keepingCapacity: outgoing.capacity < 1 << 20)
                sent = 0
            }
            // One load at a time keeps the queue's limit meaningful.
            if outgoing.isEmpty {
                for frame in session.takeOutbound() {
                    outgoing.append(contentsOf: frame.encoded)
                }
            }
            guard sent < outgoing.count else { break }
            // Out of `self` while the link, which lies there too, is changed.
            let bytes = outgoing
            let count = try link.send(bytes.span.bytes.extracting(sent..<bytes.count))
            sent += count
            if count == 0 { break }
        } while true
        _ = try link.flush()
    }

    private mutating func receive() throws(TransportError) {
        var piece = [UInt8](repeating: 0, count: PeerMessage.pieceBytes)
        // Eight pieces, then the other direction has its turn.
        for _ in 0..<8 {
            var elements = piece.mutableSpan
            var raw = elements.mutableBytes
            let count = try link.receive(into: &raw)
            guard count > 0 else { break }
            incoming.append(piece[..<count])
            observer.heard(session)
            while let frame = try incoming.next(from: link.peer) { try handle(frame) }
            if count < piece.count { break }
        }
    }

    private mutating func handle(_ frame: Frame) throws(TransportError) {
        switch try decode(frame) {
        case .heartbeat(let number, _, let counters):
            observer.counted(session, counters)
            queue(.heartbeatAnswer(number: number, wallClock: wallClockSeconds()))
        case .heartbeatAnswer(let number, let wallClock): measure(number, wallClock)
        case .call(let id, let method, let payload):
            observer.asked(session, id: id, method: method, payload: payload)
        case .answer(let id, let payload): session.finish(id, with: .success(payload))
        case .refusal(let id, let refusal):
            session.finish(id, with: .failure(.refused(session.peer, refusal)))
        case .withdrawal(let id): observer.withdrawn(session, id: id)
        case .hello, .open, .data, .end:
            throw .violation(peer: link.peer, reason: "message \(frame.kind) on a control link")
        }
    }

    private func decode(_ frame: Frame) throws(TransportError) -> PeerMessage {
        do throws(WireError) {
            return try PeerMessage(frame)
        } catch {
            throw .violation(peer: link.peer, reason: "\(error)")
        }
    }

    private mutating func measure(_ number: UInt64, _ peerClock: Double) {
        guard let beat = heartbeat, beat.number == number else { return }
        heartbeat = nil
        let roundTrip = Double(monotonicNanoseconds() - beat.sentAt) / 1e9
        let offset = peerClock - (beat.wallClock + roundTrip / 2)
        observer.measured(session, ClockSample(roundTrip: roundTrip, offset: offset))
    }

    private func wait() throws(TransportError) {
        guard !link.hasBufferedInput else { return }
        var deadline = nextHeartbeat
        if let call = session.expireCalls() { deadline = .earlier(deadline, call) }
        let wantsWrite = link.wantsWrite || sent < outgoing.count
        var entries = [
            pollfd(
                fd: link.descriptor,
                events: Int16(POLLIN | (wantsWrite ? POLLOUT : 0)),
                revents: 0
            ),
            pollfd(fd: session.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let ready = poll(&entries, 2, deadline.pollMilliseconds)
        if ready < 0, errno != EINTR { throw .system(call: "poll", errno: errno) }
        if entries[1].revents != 0 { session.wakeUp.clear() }
    }
}
