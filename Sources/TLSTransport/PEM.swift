import CTLS

/// Reads the certificates in a PEM file, at least one.
func readCertificates(_ path: String) throws(IdentityError) -> [Certificate] {
    let certificates = try readItems(path) { bio in
        PEM_read_bio_X509(bio, nil, neverAsk, nil).map(Certificate.init(owning:))
    }
    guard !certificates.isEmpty else {
        throw .malformed(path: path, reason: "there is no certificate in it")
    }
    return certificates
}

/// Reads the revocation lists in a PEM file, at least one.
func readRevocations(_ path: String) throws(IdentityError) -> [RevocationList] {
    let lists = try readItems(path) { bio in
        PEM_read_bio_X509_CRL(bio, nil, neverAsk, nil).map(RevocationList.init(owning:))
    }
    guard !lists.isEmpty else {
        throw .malformed(path: path, reason: "there is no revocation list in it")
    }
    return lists
}

/// Owns one `EVP_PKEY *`.
final class PrivateKey {
    let handle: OpaquePointer

    /// Takes over one reference.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { EVP_PKEY_free(handle) }
}

/// Reads a private key of a kind we take.
func readKey(_ path: String) throws(IdentityError) -> PrivateKey {
    var bytes = try readKeyFile(path)
    defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
    let handle = bytes.withUnsafeBytes { raw -> OpaquePointer? in
        let bio = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count))
        defer { BIO_free(bio) }
        return PEM_read_bio_PrivateKey(bio, nil, neverAsk, nil)
    }
    ERR_clear_error()
    guard let handle else {
        throw .malformed(path: path, reason: "there is no private key in it that can be read")
    }
    let key = PrivateKey(owning: handle)
    let kind = EVP_PKEY_get_base_id(handle)
    guard kind == EVP_PKEY_ED25519 || (kind == EVP_PKEY_EC && isOnP256(handle)) else {
        let name = OBJ_nid2sn(kind).map { String(cString: $0) } ?? "of an unknown kind"
        let bits = EVP_PKEY_get_bits(handle)
        throw .keyKind(path: path, kind: "\(name), \(bits) bits")
    }
    return key
}

private func isOnP256(_ key: OpaquePointer) -> Bool {
    var name = [CChar](repeating: 0, count: 64)
    guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return false }
    return name.starts(with: "prime256v1\0".utf8.map(CChar.init(bitPattern:)))
}

/// A daemon has nobody to ask for a pass phrase; without this OpenSSL would ask the terminal.
private func neverAsk(
    _: UnsafeMutablePointer<CChar>?,
    _: Int32,
    _: Int32,
    _: UnsafeMutableRawPointer?
) -> Int32 { -1 }

private func readItems<Item>(
    _ path: String,
    _ next: (OpaquePointer?) -> Item?
) throws(IdentityError) -> [Item] {
    let bytes = try readPublicFile(path)
    var items: [Item] = []
    let isWhole = bytes.withUnsafeBytes { raw in
        let bio = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count))
        defer {
            BIO_free(bio)
            ERR_clear_error()
        }
        while let item = next(bio) { items.append(item) }
        // At the end of the file there is no further beginning; all else is a broken item.
        return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
    }
    guard isWhole else { throw .malformed(path: path, reason: "it is not in PEM form, or broken") }
    return items
}
