/// Tells a worker that computes for long from one that hangs: its counter stands still.
struct SilenceWatch {
    let limit: Duration
    private var ticks: UInt64 = 0
    private var since: Int64?

    init(limit: Duration) { self.limit = limit }

    /// Looks at the counter and says whether it has stood still for too long.
    ///
    /// While the worker waits for us (`isWaiting`) its silence is ours.
    /// Units: `now` in nanoseconds of the monotonic clock.
    mutating func isSilent(ticks: UInt64, isWaiting: Bool, now: Int64) -> Bool {
        guard let since, !isWaiting, ticks == self.ticks else {
            self.ticks = ticks
            self.since = now
            return false
        }
        return .nanoseconds(now - since) >= limit
    }

    /// Something else showed that it lives.
    mutating func heard() { since = nil }
}

/// Counts what a worker says unasked.
struct FloodWatch {
    let limit: Int
    private var second: Int64 = 0
    private var count = 0

    init(limit: Int) { self.limit = limit }

    /// Counts one message and says whether there were too many within its second.
    mutating func isFlooding(now: Int64) -> Bool {
        let current = now / 1_000_000_000
        if current != second {
            second = current
            count = 0
        }
        count += 1
        return count > limit
    }
}
