import ControlAPI
import Domain
import Logging
import Synchronization
import TLSTransport
import Transport

/// One call of one peer that is being answered.
struct PendingAnswer: Hashable {
    let session: ObjectIdentifier
    let id: UInt64
}

/// Calls of one peer that are answered at a time.
private let answersMax = 64

extension PeerNetwork: SessionObserver {
    func heard(_ session: PeerSession) {
        perform(table.withLock { $0.heard(session, at: monotonicNanoseconds()) })
    }

    func measured(_ session: PeerSession, _ clock: ClockSample) {
        table.withLock { $0.note(clock, of: session) }
    }

    func counted(_ session: PeerSession, _ counters: [String: UInt64]) {
        table.withLock { $0.note(counters, of: session) }
    }

    func counters() -> [String: UInt64] { ownCounters }

    func asked(_ session: PeerSession, id: UInt64, method: String, payload: [UInt8]) {
        guard let handler = handlers.withLock({ $0.calls[method] }) else {
            refuse(session, id, PeerRefusal(code: -32601, message: "no method '\(method)'"))
            return
        }
        guard session.beginAnswering(limit: answersMax) else {
            refuse(session, id, PeerRefusal(code: 300, message: "too many calls at a time"))
            return
        }
        let key = PendingAnswer(session: ObjectIdentifier(session), id: id)
        // The lock is held until the task is listed, so that it cannot end before it was.
        answering.withLock { answering in
            answering[key] = Task { [self] in
                await answer(session, id: id, payload: payload, by: handler)
                _ = self.answering.withLock { $0.removeValue(forKey: key) }
            }
        }
    }

    func withdrawn(_ session: PeerSession, id: UInt64) {
        let key = PendingAnswer(session: ObjectIdentifier(session), id: id)
        answering.withLock { $0[key] }?.cancel()
    }

    private func answer(
        _ session: PeerSession,
        id: UInt64,
        payload: [UInt8],
        by handler: PeerHandler
    ) async {
        defer { session.endAnswering() }
        do throws(PeerRefusal) {
            let answer = try await handler(session.peer, payload)
            // A link that is gone, or a peer that reads nothing, learns of it otherwise.
            try? session.post(.answer(id: id, payload: answer))
        } catch {
            refuse(session, id, error)
        }
    }

    private func refuse(_ session: PeerSession, _ id: UInt64, _ refusal: PeerRefusal) {
        let short = PeerRefusal(code: refusal.code, message: String(refusal.message.prefix(1_000)))
        try? session.post(.refusal(id: id, short))
    }

    /// Runs the control link until it ends and returns why it did.
    func serve(_ link: consuming TLSLink, as session: PeerSession) -> String {
        var loop = SessionLoop(
            link: link,
            session: session,
            observer: self,
            interval: configuration.heartbeat.interval
        )
        let reason = loop.run()
        session.close(reason)
        for (key, task) in answering.withLock({ $0 })
        where key.session == ObjectIdentifier(session) { task.cancel() }
        perform(table.withLock { $0.remove(session, reason: reason, at: monotonicNanoseconds()) })
        return reason
    }

    /// Takes a session in whose peer has proved who it is; nil where it is a duplicate.
    /// - Returns: nil when it was taken, else the address of the other one.
    func admit(_ session: PeerSession) -> String? {
        switch table.withLock({ $0.admit(session, at: monotonicNanoseconds()) }) {
        case .admitted(let actions):
            perform(actions)
            return nil
        case .replaces(let older, let actions):
            older.close("replaced by a newer link")
            perform(actions)
            return nil
        case .duplicate(let address): return address
        }
    }

    func hello(_ purpose: PeerHello.Purpose) -> PeerHello {
        PeerHello(version: distmlVersion, instance: instance, purpose: purpose)
    }

    /// Watches the clock until the network stops.
    func watchUntilStopped() {
        let pause = min(configuration.heartbeat.interval / 4, .milliseconds(100))
        while !stopping.wait(until: .after(pause)) {
            beats.withLock { $0 &+= 1 }
            perform(table.withLock { $0.handle(.tick, at: monotonicNanoseconds()) })
            let now = Int64(wallClockSeconds())
            for session in table.withLock({ $0.sessions.values })
            where session.facts.notAfter < now {
                session.close("certificate of \(session.peer) has expired")
            }
        }
    }
}
