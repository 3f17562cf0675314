/// Whether to look again for a moment before sleeping, decided by how the last looks went.
///
/// Waking a sleeping thread takes longer than a small collective: at 4 KiB and world size 2 a look
/// of 20 µs halves the time. But a thread that looks keeps others off its core, and where ranks
/// outnumber cores that made it 2 to 5 times slower. So a look in vain doubles the number of waits
/// that go straight to sleep, and a look that found something starts anew.
struct LookAgain: Equatable {
    /// For how long to look.
    static let nanoseconds: Int64 = 20_000
    private static let doublingsMax = 10

    private var inVain = 0
    private var toSkip = 0

    /// Whether this wait begins with a look.
    mutating func shouldLook() -> Bool {
        guard toSkip > 0 else { return true }
        toSkip -= 1
        return false
    }

    /// Learns from a look.
    mutating func note(found: Bool) {
        inVain = found ? 0 : min(inVain + 1, Self.doublingsMax)
        toSkip = found ? 0 : 1 << inVain
    }
}
