import Glibc

/// A moment on the monotonic clock after which waiting stops.
///
/// Setting the wall clock does not move it.
public struct Deadline: Sendable {
    /// How long it was when it was set; for the message when it has passed.
    public let limit: Duration

    private let nanoseconds: Int64

    /// A deadline `limit` from now.
    public static func after(_ limit: Duration) -> Deadline {
        let (seconds, attoseconds) = limit.components
        // A century is for ever, and keeps the sum within 64 bits.
        let whole = min(max(seconds, 0), 3_153_600_000)
        let wait = seconds < 0 ? 0 : whole * 1_000_000_000 + attoseconds / 1_000_000_000
        return Deadline(limit: limit, nanoseconds: monotonicNanoseconds() + wait)
    }

    /// The earlier of two deadlines.
    public static func earlier(_ first: Deadline, _ second: Deadline) -> Deadline {
        first.nanoseconds <= second.nanoseconds ? first : second
    }

    /// Time left, never negative.
    public var remaining: Duration {
        .nanoseconds(max(0, nanoseconds - monotonicNanoseconds()))
    }

    /// Whether it is over.
    public var hasPassed: Bool { nanoseconds <= monotonicNanoseconds() }

    /// Time left as `poll` takes it: milliseconds, rounded up so that nobody spins at the end.
    public var pollMilliseconds: Int32 {
        let left = max(0, nanoseconds - monotonicNanoseconds())
        return Int32(clamping: (left + 999_999) / 1_000_000)
    }
}

/// The monotonic clock, in nanoseconds since an arbitrary start.
public func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
