import CTLS
public import Domain

/// A node's identity and the rules of TLS, ready to make links; reload by making a new one.
///
/// Links keep the context that they were made from. Threads may share a context: it never changes
/// once it is made, and OpenSSL counts references to it atomically.
public final class TLSContext: Sendable {
    /// Who this node is.
    public let node: NodeID
    /// The cluster whose nodes it believes.
    public let cluster: ClusterName
    /// What its own certificate says.
    public let certificate: CertificateFacts
    /// When the revocation list runs out, seconds since 1970; nil where there is none.
    ///
    /// From then on every peer is refused.
    public let revocationsEnd: Int64?

    private let revokedSerials: Set<String>
    // A pointer does not cross threads in Swift's eyes; its address does.
    private let contextAddress: UInt
    private let methodAddress: UInt

    /// Sets up TLS for `identity` and tries it out by a handshake with itself.
    public init(_ identity: TLSIdentity) throws(IdentityError) {
        node = identity.node
        cluster = identity.cluster
        certificate = identity.facts
        revocationsEnd = identity.revocations.compactMap(\.nextUpdate).min()
        revokedSerials = identity.revocations.reduce(into: []) { $0.formUnion($1.serials) }
        guard let context = SSL_CTX_new(TLS_method()), let method = makeSocketMethod() else {
            throw .refusedSetting(setting: "a context", reason: openSSLMessage())
        }
        contextAddress = UInt(bitPattern: context)
        methodAddress = UInt(bitPattern: method)
        ERR_clear_error()
        try applyProfile(to: context)
        try identity.install(in: context)
        try testWithItself()
    }

    deinit {
        SSL_CTX_free(handle)
        BIO_meth_free(socketMethod)
    }

    /// Whether the certificate of this serial number has been revoked.
    public func revokes(serial: String) -> Bool { revokedSerials.contains(serial) }

    /// The `SSL_CTX *`.
    var handle: OpaquePointer? { OpaquePointer(bitPattern: contextAddress) }

    /// The `BIO_METHOD *` of `CipherSocket`.
    var socketMethod: OpaquePointer? { OpaquePointer(bitPattern: methodAddress) }
}

/// TLS 1.3 and nothing that could weaken it; no tickets, no resumption, no early data, no PSK.
private func applyProfile(to context: OpaquePointer) throws(IdentityError) {
    let suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    let groups = "X25519:P-256"
    let signatures = "ed25519:ECDSA+SHA256:ECDSA+SHA384"
    let settings: [(String, Int32)] = [
        ("TLS 1.3 at least", distml_ctx_set_min_version(context, TLS1_3_VERSION)),
        ("TLS 1.3 at most", distml_ctx_set_max_version(context, TLS1_3_VERSION)),
        ("suites \(suites)", SSL_CTX_set_ciphersuites(context, suites)),
        ("groups \(groups)", distml_ctx_set_groups(context, groups)),
        ("signatures \(signatures)", distml_ctx_set_signatures(context, signatures)),
        ("no session tickets", SSL_CTX_set_num_tickets(context, 0)),
        ("no early data", SSL_CTX_set_max_early_data(context, 0)),
        ("no early data from peers", SSL_CTX_set_recv_max_early_data(context, 0)),
    ]
    for (setting, result) in settings where result != 1 {
        throw .refusedSetting(setting: setting, reason: openSSLMessage())
    }
    SSL_CTX_set_security_level(context, securityLevel)
    distml_ctx_set_options(context)
    // Both ends must show a certificate. There is no callback that could overrule the result.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    SSL_CTX_set_alpn_select_cb(context, selectProtocol, nil)
}

/// Chooses a protocol on the accepting side, or ends the handshake where there is none in common.
private let selectProtocol: SSL_CTX_alpn_select_cb_func = { ssl, out, outLength, list, length, _ in
    guard let ssl, let list, let app = distml_get_app_data(ssl) else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    let negotiation = Unmanaged<Negotiation>.fromOpaque(app).takeUnretainedValue()
    negotiation.offered = Negotiation.names(
        in: UnsafeBufferPointer(start: list, count: Int(length))
    )
    let ours = negotiation.wire
    var chosen: UnsafeMutablePointer<UInt8>?
    let result = SSL_select_next_proto(
        &chosen,
        outLength,
        ours.baseAddress,
        UInt32(ours.count),
        list,
        length
    )
    guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    out?.pointee = UnsafePointer(chosen)
    return SSL_TLSEXT_ERR_OK
}

extension TLSIdentity {
    /// Gives the context this node's certificates and the store that decides whom it believes.
    fileprivate func install(in context: OpaquePointer) throws(IdentityError) {
        SSL_CTX_set_cert_store(context, try makeStore())
        let parameters = SSL_CTX_get0_param(context)
        X509_VERIFY_PARAM_set_depth(parameters, 1)
        guard SSL_CTX_use_certificate(context, leaf.handle) == 1,
            SSL_CTX_use_PrivateKey(context, key.handle) == 1,
            chain.allSatisfy({ distml_ctx_add_chain(context, $0.handle) == 1 })
        else {
            throw .refusedSetting(setting: "this certificate", reason: openSSLMessage())
        }
    }
}
