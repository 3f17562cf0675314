import CCrypto

/// Encrypting blocks of the size of a TLS record.
func cipherRates() throws -> [LimitRow] {
    try [("AES-128-GCM", EVP_aes_128_gcm()), ("AES-256-GCM", EVP_aes_256_gcm())].map {
        name,
        cipher in
        guard let context = EVP_CIPHER_CTX_new() else {
            throw BenchError("libcrypto has no memory for \(name)")
        }
        defer { EVP_CIPHER_CTX_free(context) }
        let key = [UInt8](repeating: 1, count: 32)
        var nonce = [UInt8](repeating: 0, count: 12)
        let block = [UInt8](repeating: 0, count: 16_384)
        var encrypted = block
        var tag = [UInt8](repeating: 0, count: 16)
        var length: Int32 = 0
        var succeeded = EVP_EncryptInit_ex(context, cipher, nil, key, nonce) == 1
        let gigabytesPerSecond = rate(of: Double(block.count) * 1e-9) {
            nonce[0] &+= 1
            succeeded =
                EVP_EncryptInit_ex(context, nil, nil, nil, nonce) == 1
                && EVP_EncryptUpdate(context, &encrypted, &length, block, Int32(block.count)) == 1
                && EVP_EncryptFinal_ex(context, &tag, &length) == 1 && succeeded
        }
        guard succeeded else { throw BenchError("libcrypto refuses \(name)") }
        return LimitRow(
            limit: name,
            detail: "blocks of 16 KiB",
            rate: gigabytesPerSecond,
            unit: "GB/s"
        )
    }
}
