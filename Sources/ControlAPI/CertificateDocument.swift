public import Domain

/// A node's certificate, for a person.
public struct CertificateDocument: Codable, Hashable, Sendable {
    /// The node that presents it.
    public var node: NodeID
    /// Its URI name.
    public var subject: String
    /// Who signed it.
    public var issuer: String
    /// Serial number in hexadecimal.
    public var serial: String
    /// From when it is valid.
    public var notBefore: Timestamp
    /// Until when.
    public var notAfter: Timestamp
    /// Days left; negative where it has ended.
    public var certificateDays: Double

    /// A certificate with all its fields.
    public init(
        node: NodeID,
        subject: String,
        issuer: String,
        serial: String,
        notBefore: Timestamp,
        notAfter: Timestamp,
        certificateDays: Double
    ) {
        self.node = node
        self.subject = subject
        self.issuer = issuer
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.certificateDays = certificateDays
    }
}
