public import Domain

/// Shows the certificates of the cluster's nodes and how long they last.
public enum CertShow: Method {
    /// The wire name.
    public static let name = "cert.show"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty
    /// Those that are known, in the order of `node ls`.
    public typealias Reply = [CertificateDocument]
}
