/// What a certificate says, as plain values.
public struct CertificateFacts: Hashable, Codable, Sendable {
    /// Its one URI name, nil where it has none or several.
    public var uri: String?
    /// Serial number, hexadecimal in lower case.
    public var serial: String
    /// Distinguished name of its owner.
    public var subject: String
    /// Distinguished name of its CA.
    public var issuer: String
    /// Beginning of its life, seconds since 1970.
    public var notBefore: Int64
    /// End of its life, seconds since 1970.
    public var notAfter: Int64

    /// Whole days of life left at `now`, seconds since 1970; negative once it is over.
    public func daysLeft(at now: Int64) -> Int {
        let seconds = notAfter - now
        return Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
    }

    /// Whether less than a third of its life is left at `now`: time to renew it.
    public func isDueForRenewal(at now: Int64) -> Bool {
        notAfter - now < (notAfter - notBefore) / 3
    }
}
