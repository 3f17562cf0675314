public import Domain

/// Reads the asked node's certificate, key, authority and revocation list again.
///
/// Links that stand go on; new ones use what was read. What cannot be used changes nothing.
public enum CertReload: Method {
    /// The wire name.
    public static let name = "cert.reload"
    /// The least role that may call it.
    public static let role = Role.clusterOperator
    /// Nothing to say.
    public typealias Params = Empty

    /// What is in force now.
    public struct Reply: Codable, Sendable {
        /// The certificate.
        public var certificate: CertificateDocument
        /// Whether it is another one than before.
        public var changed: Bool

        /// What is in force now.
        public init(certificate: CertificateDocument, changed: Bool) {
            self.certificate = certificate
            self.changed = changed
        }
    }
}
