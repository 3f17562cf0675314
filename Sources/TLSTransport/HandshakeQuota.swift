/// How many connections may be in their handshake at once, altogether and from one host.
public struct HandshakeQuota {
    private let totalMax: Int
    private let perHostMax: Int
    private var counts: [String: Int] = [:]
    private var total = 0

    /// By default 32 altogether and 4 from one host.
    public init(totalMax: Int = 32, perHostMax: Int = 4) {
        self.totalMax = totalMax
        self.perHostMax = perHostMax
    }

    /// Counts one more from `host`; false if it is one too many, which is then not counted.
    public mutating func enter(_ host: String) -> Bool {
        let count = counts[host, default: 0]
        guard total < totalMax, count < perHostMax else { return false }
        counts[host] = count + 1
        total += 1
        return true
    }

    /// Takes back one that was counted: it has proved who it is, or it is gone.
    ///
    /// - Precondition: `enter` returned true for it.
    public mutating func leave(_ host: String) {
        guard let count = counts[host], count > 0 else {
            preconditionFailure("no handshake of \(host) is counted")
        }
        counts[host] = count == 1 ? nil : count - 1
        total -= 1
    }
}
