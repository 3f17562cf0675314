internal import Domain
internal import Glibc
internal import Transport
internal import Wire

extension Neighbors where L: ~Copyable {
    /// The next frame from the previous rank, nil if it has not come yet.
    mutating func nextEvent() throws(CollectiveError) -> Inlet.Event? {
        do throws(InletError) {
            return try inlet.next(from: &previous)
        } catch {
            switch error {
            case .link(let error): throw lossOfPrevious(error)
            case .malformed(let error): throw malformed(error.description)
            }
        }
    }

    /// Looks for an abort frame that comes back from the next rank.
    mutating func checkReturns(isSent: Bool) throws(CollectiveError) {
        let event: Inlet.Event?
        do throws(InletError) {
            event = try returns.next(from: &next)
        } catch {
            switch error {
            case .link(let error):
                // A rank that has done its last collective closes while others are still at it.
                guard isSent, case .closedByPeer = error else { throw loss(of: nextRank, error) }
                isNextClosed = true
                return
            case .malformed(let error): throw malformedReturn(error.description)
            }
        }
        switch event {
        case nil: return
        case .abort(let notice): throw notice.error
        case .collective, .segment: throw malformedReturn("sent against the direction of travel")
        }
    }

    mutating func flushPrevious() throws(CollectiveError) {
        do throws(TransportError) {
            _ = try previous.flush()
        } catch {
            throw lossOfPrevious(error)
        }
    }

    mutating func lossOfNext(_ error: TransportError) -> CollectiveError {
        noticeFromNext() ?? loss(of: nextRank, error)
    }

    mutating func lossOfPrevious(_ error: TransportError) -> CollectiveError {
        noticeFromNext() ?? loss(of: previousRank, error)
    }

    /// What the next rank may have said before it closed.
    ///
    /// Who aborts tells both neighbours and then closes, but to the next rank its notice has to
    /// queue behind elements. So a rank that comes late may find the link from the previous rank
    /// closed in the middle of a segment, and the reason on the other link.
    private mutating func noticeFromNext() -> CollectiveError? {
        do {
            try checkReturns(isSent: false)
        } catch {
            if case .aborted = error { return error }
            if case .disagreement = error { return error }
        }
        return nil
    }

    func malformed(_ reason: String) -> CollectiveError {
        .malformed(rank: previousRank, peer: previous.peer, reason: reason)
    }

    private func malformedReturn(_ reason: String) -> CollectiveError {
        .malformed(rank: nextRank, peer: next.peer, reason: reason)
    }

    private func loss(of rank: Rank, _ error: TransportError) -> CollectiveError {
        .lost(rank: rank, peer: rank == nextRank ? next.peer : previous.peer, error)
    }

    /// Sleeps between collectives until something watched is ready, at most `nanoseconds`.
    mutating func watch(nanoseconds: Int64) throws(CollectiveError) {
        if early == nil, let event = try nextEvent() {
            if case .abort(let notice) = event { throw notice.error }
            early = event
        }
        if next.hasBufferedInput { try checkReturns(isSent: false) }
        let ready = try vigil.wait(
            on: (
                pollfd(fd: next.descriptor, events: Int16(POLLIN), revents: 0),
                // What follows an early frame is left where it is until its collective begins.
                pollfd(
                    fd: early == nil ? previous.descriptor : -1,
                    events: Int16(POLLIN),
                    revents: 0
                )
            ),
            for: Vigil.Subject(rank: nil, peer: ""),
            atMost: nanoseconds
        )
        if ready.next != 0 { try checkReturns(isSent: false) }
        if ready.previous != 0, early == nil, let event = try nextEvent() {
            if case .abort(let notice) = event { throw notice.error }
            early = event
        }
    }

    /// Tells both neighbours why this ring is finished, and hangs up.
    ///
    /// It waits until both have hung up too, for as long as `deadline` allows: closing a socket
    /// that still holds unread bytes would throw away the notice on its way out.
    mutating func tell(_ notice: AbortNotice, until deadline: Deadline) {
        let frame = notice.encodedFrame()
        var toNext = Farewell(outlet.abandon() + frame)
        var toPrevious = Farewell(frame)
        while !deadline.hasPassed {
            toNext.proceed(on: &next)
            toPrevious.proceed(on: &previous)
            if toNext.isOver, toPrevious.isOver { return }
            var entries = [toNext.entry(next), toPrevious.entry(previous)]
            // Whatever came of it, the loop looks at both links and at the clock again.
            _ = poll(&entries, nfds_t(entries.count), deadline.pollMilliseconds)
        }
    }
}

/// The last bytes on one link: sends them, half-closes, and discards input until the peer closes.
private struct Farewell {
    private let bytes: [UInt8]
    private var sent = 0
    private var hasShutDown = false
    private(set) var isOver = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func proceed<L: Link & ~Copyable>(on link: inout L) {
        guard !isOver else { return }
        do throws(TransportError) {
            try send(on: &link)
            try discardInput(of: &link)
        } catch {
            // The peer has gone, so there is nobody left to tell.
            isOver = true
        }
    }

    private mutating func send<L: Link & ~Copyable>(on link: inout L) throws(TransportError) {
        while sent < bytes.count {
            let count = try link.send(bytes.span.bytes.extracting(sent..<bytes.count))
            guard count > 0 else { break }
            sent += count
        }
        guard try link.flush(), sent == bytes.count, !hasShutDown else { return }
        hasShutDown = true
        _ = shutdown(link.descriptor, Int32(SHUT_WR))
    }

    private mutating func discardInput<L: Link & ~Copyable>(
        of link: inout L
    ) throws(TransportError) {
        var scratch = [UInt8](repeating: 0, count: 65_536)
        var count = 1
        while count > 0 {
            var elements = scratch.mutableSpan
            var target = elements.mutableBytes
            count = try link.receive(into: &target)
        }
    }

    func entry<L: Link & ~Copyable>(_ link: borrowing L) -> pollfd {
        let events = hasShutDown ? POLLIN : POLLIN | POLLOUT
        return pollfd(fd: isOver ? -1 : link.descriptor, events: Int16(events), revents: 0)
    }
}
