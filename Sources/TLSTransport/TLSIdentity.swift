import CTLS
public import Domain
import Glibc

/// Where a node's own key and certificates lie.
public struct TLSFiles: Hashable, Sendable {
    /// The private key, PEM.
    public var key: String
    /// The node's certificate, PEM, and behind it the CAs between it and the cluster's, if any.
    public var certificate: String
    /// The cluster's CA, PEM; nobody else's word counts.
    public var authority: String
    /// The revocation list, PEM; nil where the cluster has none.
    public var revocations: String?

    /// The files of one node.
    public init(key: String, certificate: String, authority: String, revocations: String? = nil) {
        self.key = key
        self.certificate = certificate
        self.authority = authority
        self.revocations = revocations
    }
}

/// A node's key and certificates, read and checked: they exist only if everything is in order.
public struct TLSIdentity {
    /// Who this node is.
    public let node: NodeID
    /// The cluster whose CA says so.
    public let cluster: ClusterName
    /// What its certificate says.
    public let facts: CertificateFacts

    let key: PrivateKey
    let leaf: Certificate
    let chain: [Certificate]
    let authorities: [Certificate]
    let revocations: [RevocationList]

    /// Reads the files of `node` and checks all that can be checked without a peer.
    ///
    /// Key: nobody else can read it, it is of a kind we take, it belongs to the certificate.
    /// Certificate: it names this node and no other, it is valid now, the cluster's CA stands
    /// behind it for both directions, and it is not revoked.
    public init(
        files: TLSFiles,
        node: NodeID,
        cluster: ClusterName
    ) throws(IdentityError) {
        let chain = try readCertificates(files.certificate)
        authorities = try readCertificates(files.authority)
        revocations = try files.revocations.map(readRevocations) ?? []
        key = try readKey(files.key)
        self.node = node
        self.cluster = cluster
        self.chain = Array(chain.dropFirst())
        leaf = chain[0]
        facts = leaf.facts
        try check(files)
    }

    private func check(_ files: TLSFiles) throws(IdentityError) {
        guard X509_check_private_key(leaf.handle, key.handle) == 1 else {
            ERR_clear_error()
            throw .keyMismatch(key: files.key, certificate: files.certificate)
        }
        switch leaf.node(in: cluster) {
        case .failure(let none):
            throw .noIdentity(path: files.certificate, reason: none.reason)
        case .success(let found) where found != node:
            throw .anotherNode(
                path: files.certificate,
                expected: node.description,
                found: found.description
            )
        case .success: break
        }
        let now = Int64(time(nil))
        guard facts.notBefore <= now else {
            throw .notYetValid(path: files.certificate, notBefore: facts.notBefore)
        }
        guard facts.notAfter >= now else {
            throw .expired(path: files.certificate, notAfter: facts.notAfter)
        }
        try checkRevocations(files, now: now)
        for purpose in [X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT] {
            try checkChain(files, purpose: purpose)
        }
    }

    private func checkRevocations(_ files: TLSFiles, now: Int64) throws(IdentityError) {
        let path = files.revocations ?? ""
        for list in revocations {
            guard let next = list.nextUpdate else {
                throw .malformed(path: path, reason: "it does not say how long it is valid")
            }
            guard next >= now else { throw .staleRevocations(path: path, nextUpdate: next) }
            let isSigned = authorities.contains {
                X509_CRL_verify(list.handle, X509_get0_pubkey($0.handle)) == 1
            }
            ERR_clear_error()
            guard isSigned else {
                throw .malformed(path: path, reason: "it is not signed by the cluster's CA")
            }
        }
    }

    private func checkChain(_ files: TLSFiles, purpose: Int32) throws(IdentityError) {
        let store = try makeStore()
        let untrusted = distml_chain_new()
        let context = X509_STORE_CTX_new()
        defer {
            X509_STORE_CTX_free(context)
            distml_chain_free(untrusted)
            X509_STORE_free(store)
            ERR_clear_error()
        }
        for certificate in chain { _ = distml_chain_push(untrusted, certificate.handle) }
        guard X509_STORE_CTX_init(context, store, leaf.handle, untrusted) == 1,
            X509_STORE_CTX_set_purpose(context, purpose) == 1
        else { throw .refusedSetting(setting: "the chain check", reason: openSSLMessage()) }
        guard X509_verify_cert(context) != 1 else { return }
        let code = X509_STORE_CTX_get_error(context)
        let reason = String(cString: X509_verify_cert_error_string(Int(code)))
        switch code {
        case X509_V_ERR_CERT_REVOKED: throw .revoked(path: files.certificate)
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            throw .foreignChain(
                path: files.certificate,
                authority: files.authority,
                reason: reason
            )
        default: throw .unusable(path: files.certificate, reason: reason)
        }
    }

    /// The store that decides whom this node believes; the caller frees it.
    func makeStore() throws(IdentityError) -> OpaquePointer {
        guard let store = X509_STORE_new() else {
            throw .refusedSetting(setting: "a certificate store", reason: openSSLMessage())
        }
        for authority in authorities { X509_STORE_add_cert(store, authority.handle) }
        for list in revocations { X509_STORE_add_crl(store, list.handle) }
        var flags = UInt(X509_V_FLAG_X509_STRICT)
        if !revocations.isEmpty { flags |= UInt(X509_V_FLAG_CRL_CHECK) }
        X509_STORE_set_flags(store, flags)
        let parameters = X509_STORE_get0_param(store)
        // One CA may stand between a node and the cluster's own.
        X509_VERIFY_PARAM_set_depth(parameters, 1)
        X509_VERIFY_PARAM_set_auth_level(parameters, securityLevel)
        return store
    }
}

/// 128 bits everywhere: P-256, X25519, Ed25519 and the AES-GCM suites reach it.
let securityLevel: Int32 = 3
