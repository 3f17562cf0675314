/// Lets so many through in a second, and that many at once after a pause.
///
/// Times are nanoseconds of the monotonic clock.
struct TokenBucket {
    private let perSecond: Double
    private var tokens: Double
    private var last: Int64

    init(perSecond: Double, now: Int64) {
        self.perSecond = perSecond
        tokens = perSecond
        last = now
    }

    /// Takes a token; where there is none, says in how many nanoseconds there will be one.
    mutating func take(at now: Int64) -> Int64? {
        tokens = min(perSecond, tokens + Double(max(0, now - last)) / 1e9 * perSecond)
        last = max(last, now)
        guard tokens >= 1 else { return Int64(((1 - tokens) / perSecond * 1e9).rounded(.up)) }
        tokens -= 1
        return nil
    }

    /// Whether it is full again, so that forgetting it changes nothing.
    func isFull(at now: Int64) -> Bool {
        tokens + Double(max(0, now - last)) / 1e9 * perSecond >= perSecond
    }
}
