internal import Domain
internal import Glibc
internal import Transport

/// How one rank waits: asleep on its links and on what its monitor watches, never without an end.
struct Vigil {
    /// How often the monitor is asked while nothing happens.
    static let checkNanoseconds: Int64 = 250_000_000

    private var monitor: any RingMonitor
    private let stallLimit: Duration
    private var lookAgain = LookAgain()
    private var entries: [pollfd] = []
    private var hasProgressed = true
    private var progressedAt: Int64 = 0
    private var checkedAt: Int64 = 0

    init(monitor: any RingMonitor, stallLimit: Duration) {
        self.monitor = monitor
        self.stallLimit = stallLimit
    }

    /// For whom this rank waits; the rank is nil while no collective is going on.
    struct Subject {
        let rank: Rank?
        let peer: String
    }

    /// Notes that a byte has moved, or that waiting is about to begin.
    mutating func noteProgress() { hasProgressed = true }

    /// Sleeps until a link or a watched descriptor is ready, and at most 250 ms.
    /// - Returns: what is ready on the links, in their order.
    /// - Throws: what the monitor says, or `.stalled`.
    mutating func wait(
        on links: (pollfd, pollfd),
        for subject: Subject,
        atMost limit: Int64 = Self.checkNanoseconds
    ) throws(CollectiveError) -> (next: Int16, previous: Int16) {
        entries.removeAll(keepingCapacity: true)
        entries.append(links.0)
        entries.append(links.1)
        for watched in monitor.descriptors {
            entries.append(pollfd(fd: watched.descriptor, events: watched.events, revents: 0))
        }
        let start = monotonicNanoseconds()
        if hasProgressed {
            hasProgressed = false
            progressedAt = start
        }
        if subject.rank == nil || !look(from: start) {
            let untilCheck = max(0, checkedAt + Self.checkNanoseconds - start)
            try poll(nanoseconds: min(untilCheck, limit))
        }
        try check(subject)
        return (entries[0].revents, entries[1].revents)
    }

    /// Sleeps without links until something watched is ready, at most `nanoseconds`.
    mutating func watch(nanoseconds: Int64) throws(CollectiveError) {
        let none = pollfd(fd: -1, events: 0, revents: 0)
        _ = try wait(on: (none, none), for: Subject(rank: nil, peer: ""), atMost: nanoseconds)
    }

    /// Looks for a moment without sleeping; whether that found anything.
    private mutating func look(from start: Int64) -> Bool {
        guard lookAgain.shouldLook() else { return false }
        var isReady = false
        repeat {
            isReady = Glibc.poll(&entries, nfds_t(entries.count), 0) > 0
        } while !isReady && monotonicNanoseconds() - start < LookAgain.nanoseconds
        lookAgain.note(found: isReady)
        return isReady
    }

    private mutating func poll(nanoseconds: Int64) throws(CollectiveError) {
        let milliseconds = Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
        let ready = Glibc.poll(&entries, nfds_t(entries.count), milliseconds)
        guard ready < 0 else { return }
        guard errno == EINTR else { throw .system(call: "poll", errno: errno) }
        for index in entries.indices { entries[index].revents = 0 }
    }

    private mutating func check(_ subject: Subject) throws(CollectiveError) {
        let isWatchedReady = entries.dropFirst(2).contains { $0.revents != 0 }
        let isLinkReady = entries[0].revents != 0 || entries[1].revents != 0
        let now = monotonicNanoseconds()
        let silence = Duration.nanoseconds(now - progressedAt)
        if isWatchedReady || now - checkedAt >= Self.checkNanoseconds {
            checkedAt = now
            let wait = RingWait(rank: subject.rank, peer: subject.peer, duration: silence)
            if let error = monitor.check(wait) { throw error }
        }
        guard let rank = subject.rank, !isLinkReady, silence >= stallLimit else { return }
        throw .stalled(rank: rank, peer: subject.peer, limit: stallLimit)
    }
}
