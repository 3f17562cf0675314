import CCrypto

/// HMAC-SHA256 of `message` under `key`: 32 bytes.
///
/// Source: Krawczyk, Bellare & Canetti, RFC 2104, 1997.
public func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    // An empty array may have no address, and a nil key means "the one of last time" to HMAC.
    let padded = key.isEmpty ? [0] : key
    let result = HMAC(
        EVP_sha256(),
        padded,
        Int32(key.count),
        message,
        message.count,
        &code,
        nil
    )
    precondition(result != nil, "libcrypto cannot compute HMAC-SHA256")
    return code
}

/// Fresh secret random bytes from libcrypto's generator for keys.
///
/// - Precondition: the system has entropy; without it nothing here could be secure.
public func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    precondition(RAND_priv_bytes(&bytes, Int32(count)) == 1, "the system gives no random bytes")
    return bytes
}
