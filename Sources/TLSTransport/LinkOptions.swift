import Transport

/// How a link's socket and keys behave.
public struct LinkOptions: Sendable {
    /// A link of a ring: a peer that is slow to read is not dead, so the kernel must not say so.
    public static let ring = LinkOptions()
    /// A control link, whose peer always reads: unanswered bytes mean death after 5 s.
    public static let control = LinkOptions(userTimeout: .seconds(5))

    /// After how long the kernel ends a link whose bytes nobody acknowledges; nil for its default.
    public var userTimeout: Duration?
    /// How long a handshake may take, however long the caller would wait.
    public var handshakeLimit = Duration.seconds(5)
    /// When this end takes a new key.
    public var keyLimits = KeyLimits()
    /// Name of the kernel's congestion control; nil for the system's choice.
    public var congestionControl: String?
    /// Monotonic nanoseconds.
    public var clock: @Sendable () -> Int64 = monotonicNanoseconds

    /// Options with the usual values but for the user timeout.
    public init(userTimeout: Duration? = nil) { self.userTimeout = userTimeout }
}

/// How long one key may protect what is sent.
public struct KeyLimits: Hashable, Sendable {
    /// Bytes sent; AES-GCM allows 388 GB.
    public var bytes: Int
    /// Time since the key was new.
    public var interval: Duration

    /// By default 16 GiB or a minute, whichever comes first.
    public init(bytes: Int = 16 << 30, interval: Duration = .seconds(60)) {
        self.bytes = bytes
        self.interval = interval
    }
}

/// How much a key has been used; says when it is time for the next.
struct KeyAge {
    private let limits: KeyLimits
    private var bytes = 0
    private var bornNanoseconds: Int64

    init(limits: KeyLimits, now: Int64) {
        self.limits = limits
        bornNanoseconds = now
    }

    /// Counts bytes sent under the key.
    mutating func add(_ count: Int) { bytes += count }

    /// Whether the key is used up at `now`; an unused key does not age.
    func isOver(at now: Int64) -> Bool {
        guard bytes > 0 else { return false }
        return bytes >= limits.bytes || .nanoseconds(now - bornNanoseconds) >= limits.interval
    }

    /// Starts again with a new key.
    mutating func renew(at now: Int64) {
        bytes = 0
        bornNanoseconds = now
    }
}
