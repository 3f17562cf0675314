internal import CLinux
internal import Domain
internal import Glibc
internal import Transport

/// The two links of one rank, and one thread's way of driving both at once.
///
/// Elements travel to the next rank only; the other direction of each link carries abort frames.
/// Nothing here sends first and receives then: that would stand still as soon as the kernel's
/// buffers are full.
struct Neighbors<L: Link & ~Copyable>: ~Copyable {
    /// Bytes taken before looking whether they can be sent on; a frame is of the same size.
    private static var turnBytes: Int { 131_072 }

    var next: L
    var previous: L
    let nextRank: Rank
    let previousRank: Rank

    var vigil: Vigil
    var outlet = Outlet(frameBytesMax: Self.turnBytes)
    /// Frames from the previous rank.
    var inlet = Inlet()
    /// Abort frames that come back from the next rank.
    var returns = Inlet()
    /// A frame of the next collective that came while none was going on.
    var early: Inlet.Event?
    /// Whether the next rank closed its end, which matters only if there is more to send.
    var isNextClosed = false

    private var piece = Piece()

    init(next: consuming L, previous: consuming L, rank: Rank, worldSize: Int, vigil: Vigil) {
        self.next = next
        self.previous = previous
        self.vigil = vigil
        nextRank = Rank((rank.index + 1) % worldSize)
        previousRank = Rank((rank.index + worldSize - 1) % worldSize)
    }

    /// Keeps the calling thread on a core where both neighbours are on this machine.
    func keepCore(_ number: UInt32, ranks: UInt32) {
        guard cl_is_on_this_machine(next.descriptor) != 0,
            cl_is_on_this_machine(previous.descriptor) != 0
        else { return }
        _ = cl_keep_on_core(number, ranks)
    }

    /// Does one collective: announces it, checks what the previous rank announces, moves the bytes.
    mutating func drive(
        _ passage: Passage,
        on memory: inout MutableRawSpan
    ) throws(CollectiveError) {
        var passage = passage
        outlet.begin(passage.header)
        vigil.noteProgress()
        while true {
            try send(&passage.pipeline, from: memory)
            if try receive(&passage, into: &memory) { continue }
            let isSent = outlet.isEmpty && !next.wantsWrite
            if isSent, passage.isReceived { return }
            try wait(isSent: isSent, isReceived: passage.isReceived)
        }
    }

    private mutating func send(
        _ pipeline: inout Pipeline,
        from memory: borrowing MutableRawSpan
    ) throws(CollectiveError) {
        do throws(TransportError) {
            let count = try outlet.send(&pipeline, from: memory, over: &next)
            if count > 0 { vigil.noteProgress() }
            // Where the socket is full, the attempt to send has just found that out.
            if outlet.isEmpty || !next.wantsWrite { _ = try next.flush() }
        } catch {
            throw lossOfNext(error)
        }
    }

    /// Takes what has come; whether there was anything.
    private mutating func receive(
        _ passage: inout Passage,
        into memory: inout MutableRawSpan
    ) throws(CollectiveError) -> Bool {
        var total = 0
        while total < Self.turnBytes, !passage.isReceived {
            let count =
                passage.segmentBytes > 0
                ? try receiveElements(&passage, into: &memory)
                : try receiveHead(&passage)
            guard count > 0 else { break }
            total += count
        }
        if total > 0 { vigil.noteProgress() }
        return total > 0
    }

    private mutating func receiveHead(_ passage: inout Passage) throws(CollectiveError) -> Int {
        let event: Inlet.Event
        if let early {
            event = early
            self.early = nil
        } else {
            guard let fresh = try nextEvent() else { return 0 }
            event = fresh
        }
        switch event {
        case .abort(let notice): throw notice.error
        case .collective(let header): try passage.accept(header, from: previousRank)
        case .segment(let bytes):
            do throws(SegmentRefusal) {
                try passage.acceptSegment(bytes)
            } catch {
                throw malformed(error.reason)
            }
        }
        return RingFrame.headBytes
    }

    /// Takes bytes of the current segment: into the vector where they replace what is there, else
    /// into a piece that stays in the cache and is added from there.
    private mutating func receiveElements(
        _ passage: inout Passage,
        into memory: inout MutableRawSpan
    ) throws(CollectiveError) -> Int {
        guard let expected = passage.expected else { return 0 }
        var target = memory._mutatingExtracting(expected.range)
        do throws(TransportError) {
            if expected.isReduced, let reduction = passage.header.reduction {
                let count = try piece.receive(
                    from: &previous,
                    into: &target,
                    element: passage.header.element,
                    by: reduction
                )
                passage.receive(count.reduced)
                return count.received
            }
            let count = try previous.receive(into: &target)
            passage.receive(count)
            return count
        } catch {
            throw lossOfPrevious(error)
        }
    }

    private mutating func wait(isSent: Bool, isReceived: Bool) throws(CollectiveError) {
        if next.hasBufferedInput { try checkReturns(isSent: isSent) }
        if !isReceived, previous.hasBufferedInput { return }
        let toNext = Int16(isSent ? POLLIN : POLLIN | POLLOUT)
        let fromPrevious = Int16(isReceived ? 0 : POLLIN) | Int16(previous.wantsWrite ? POLLOUT : 0)
        let isIdle = fromPrevious == 0
        let ready = try vigil.wait(
            on: (
                pollfd(fd: isNextClosed ? -1 : next.descriptor, events: toNext, revents: 0),
                pollfd(fd: isIdle ? -1 : previous.descriptor, events: fromPrevious, revents: 0)
            ),
            // A rank that takes nothing is stuck itself; one that sends nothing may only wait.
            for: isSent
                ? Vigil.Subject(rank: previousRank, peer: previous.peer)
                : Vigil.Subject(rank: nextRank, peer: next.peer)
        )
        if ready.next & ~Int16(POLLOUT) != 0 { try checkReturns(isSent: isSent) }
        if ready.previous & Int16(POLLOUT) != 0 { try flushPrevious() }
    }
}
