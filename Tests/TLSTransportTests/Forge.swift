import CTLS
import Foundation

/// Makes certificates that no honest CA would make, so that links can be seen to refuse them.
final class Forge {
    enum KeyKind {
        case p256
        case p384
        case ed25519
        case rsa(bits: Int32)
    }

    /// A key and a certificate that names it.
    struct Pair {
        let key: OpaquePointer
        let certificate: OpaquePointer
    }

    /// What a certificate shall say.
    struct Contents {
        var key = KeyKind.p256
        var commonName = "test"
        var extensions: [(Int32, String)] = []
        /// Beginning and end of its life, in seconds from now.
        var life = -60...3600
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    // Certificates live as long as the test process: they are few and shared by its threads.
    static func authority(
        constraint: String? = "lab",
        key: KeyKind = .p256,
        name: String = "lab CA"
    ) throws -> Pair {
        var extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
            (NID_key_usage, "critical,keyCertSign,cRLSign"),
            (NID_subject_key_identifier, "hash"),
        ]
        if let constraint {
            extensions.append((NID_name_constraints, "critical,permitted;URI:\(constraint)"))
        }
        let contents = Contents(key: key, commonName: name, extensions: extensions)
        return try make(contents, issuer: nil)
    }

    /// A leaf as `certs/node` makes it, but for what the arguments say.
    static func leaf(
        by issuer: Pair,
        names: String = "URI:spiffe://lab/node/n2",
        purposes: String = "serverAuth,clientAuth",
        key: KeyKind = .p256,
        life: ClosedRange<Int> = -60...3600,
        isAuthority: Bool = false
    ) throws -> Pair {
        let usage =
            isAuthority ? "critical,digitalSignature,keyCertSign" : "critical,digitalSignature"
        let contents = Contents(
            key: key,
            commonName: "leaf",
            extensions: [
                (NID_basic_constraints, "critical,CA:\(isAuthority ? "TRUE" : "FALSE")"),
                (NID_key_usage, usage), (NID_ext_key_usage, purposes),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid"), (NID_subject_alt_name, names),
            ],
            life: life
        )
        return try make(contents, issuer: issuer)
    }

    /// A revocation list by `issuer` of `revoked`, good for `life` seconds from now.
    static func revocations(by issuer: Pair, of revoked: [Pair], life: Int) throws -> OpaquePointer
    {
        let list = try require(X509_CRL_new(), "X509_CRL_new")
        X509_CRL_set_version(list, 1)
        X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.certificate))
        let begin = X509_gmtime_adj(nil, min(life, 0) - 60)
        let end = X509_gmtime_adj(nil, life)
        X509_CRL_set1_lastUpdate(list, begin)
        X509_CRL_set1_nextUpdate(list, end)
        for pair in revoked {
            let entry = X509_REVOKED_new()
            let serial = ASN1_INTEGER_dup(X509_get0_serialNumber(pair.certificate))
            X509_REVOKED_set_serialNumber(entry, serial)
            X509_REVOKED_set_revocationDate(entry, begin)
            X509_CRL_add0_revoked(list, entry)
        }
        guard X509_CRL_sign(list, issuer.key, EVP_sha256()) > 0 else { throw failure("CRL") }
        return list
    }

    static func write(_ pair: Pair, chain: [Pair] = [], key: String, certificate: String) throws {
        let keyFile = BIO_new_file(key, "w")
        guard PEM_write_bio_PrivateKey(keyFile, pair.key, nil, nil, 0, nil, nil) == 1 else {
            throw failure("key \(key)")
        }
        BIO_free(keyFile)
        chmod(key, 0o600)
        try write([pair] + chain, to: certificate)
    }

    static func write(_ pairs: [Pair], to path: String) throws {
        let file = BIO_new_file(path, "w")
        for pair in pairs where PEM_write_bio_X509(file, pair.certificate) != 1 {
            throw failure("certificate \(path)")
        }
        BIO_free(file)
    }

    static func write(_ list: OpaquePointer, to path: String) throws {
        let file = BIO_new_file(path, "w")
        guard PEM_write_bio_X509_CRL(file, list) == 1 else { throw failure("CRL \(path)") }
        BIO_free(file)
    }

    private static func make(_ contents: Contents, issuer: Pair?) throws -> Pair {
        let key = try makeKey(contents.key)
        let certificate = try require(X509_new(), "X509_new")
        X509_set_version(certificate, 2)
        X509_set_pubkey(certificate, key)
        ASN1_INTEGER_set_int64(
            X509_get_serialNumber(certificate),
            Int64.random(in: 1...Int64.max)
        )
        X509_gmtime_adj(X509_getm_notBefore(certificate), contents.life.lowerBound)
        X509_gmtime_adj(X509_getm_notAfter(certificate), contents.life.upperBound)
        let name = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, contents.commonName, -1, -1, 0)
        let signer = issuer?.certificate ?? certificate
        X509_set_issuer_name(certificate, X509_get_subject_name(signer))
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, signer, certificate, nil, nil, 0)
        for (kind, text) in contents.extensions {
            let item = X509V3_EXT_conf_nid(nil, &context, kind, text)
            guard X509_add_ext(certificate, item, -1) == 1 else { throw failure(text) }
            X509_EXTENSION_free(item)
        }
        let signingKey = issuer?.key ?? key
        let digest = EVP_PKEY_get_base_id(signingKey) == EVP_PKEY_ED25519 ? nil : EVP_sha256()
        guard X509_sign(certificate, signingKey, digest) > 0 else { throw failure("X509_sign") }
        return Pair(key: key, certificate: certificate)
    }

    private static func makeKey(_ kind: KeyKind) throws -> OpaquePointer {
        let id =
            switch kind {
            case .p256, .p384: EVP_PKEY_EC
            case .ed25519: EVP_PKEY_ED25519
            case .rsa: EVP_PKEY_RSA
            }
        let context = EVP_PKEY_CTX_new_id(id, nil)
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        switch kind {
        case .p256: EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
        case .p384: EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_secp384r1)
        case .ed25519: break
        case .rsa(let bits): EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits)
        }
        var key: OpaquePointer?
        EVP_PKEY_keygen(context, &key)
        return try require(key, "EVP_PKEY_keygen")
    }

    private static func require(_ pointer: OpaquePointer?, _ call: String) throws -> OpaquePointer {
        guard let pointer else { throw failure(call) }
        return pointer
    }

    private static func failure(_ what: String) -> Failure {
        let reason = ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) }
        return Failure(description: "\(what): \(reason ?? "no reason")")
    }
}
