import CTLS
import Domain
import Transport

/// A node that has proved to be what its certificate says.
struct PeerCertificate {
    let node: NodeID
    let facts: CertificateFacts
}

/// Whose certificate the other end of a finished handshake showed.
///
/// OpenSSL has checked the chain, dates, purposes and revocation. That it is a node of our cluster,
/// which one, and that it is not ourselves, is ours to check.
func peerCertificate(
    of ssl: OpaquePointer,
    in context: TLSContext,
    peer: String
) throws(TransportError) -> PeerCertificate {
    guard let handle = SSL_get1_peer_certificate(ssl) else {
        throw .untrusted(peer: peer, reason: "it showed no certificate")
    }
    let certificate = Certificate(owning: handle)
    guard SSL_get_verify_result(ssl) == X509_V_OK, SSL_session_reused(ssl) == 0 else {
        throw .untrusted(peer: peer, reason: "its certificate was not verified")
    }
    switch certificate.node(in: context.cluster) {
    case .failure(let none): throw .untrusted(peer: peer, reason: none.reason)
    case .success(let node): return PeerCertificate(node: node, facts: certificate.facts)
    }
}
