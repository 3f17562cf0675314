internal import CCrypto
internal import CLinux
public import Domain
internal import Glibc

/// SHA-256 of some bytes.
func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let status = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(status == 1, "libcrypto cannot compute SHA-256")
    return digest
}

/// SHA-256 of bytes in memory.
public func contentHash(of bytes: [UInt8]) -> ContentHash {
    ContentHash(bytes: bytes.withUnsafeBytes { sha256($0) })
}

/// Reads a shard file from end to end and returns the hash that its bytes have.
///
/// It is the shard's own hash exactly if every byte is as it was written. `name` is for messages.
/// - Throws: `dataCorrupt` where the file's length is not that of `layout`, or a page does not have
///   the digest that the file itself states; else `readFailed`.
public func shardHash(
    of descriptor: Int32,
    layout: ShardLayout,
    name: String
) throws(DatasetError) -> ContentHash {
    var isRegular: Int32 = 0
    let size = cl_file_size(descriptor, &isRegular)
    guard size >= 0 else { throw .reading(name, errno) }
    guard size == layout.fileBytes else {
        throw .corrupt(name, "has \(size) bytes instead of \(layout.fileBytes)")
    }
    var page = [UInt8](repeating: 0, count: ShardLayout.pageBytes)
    var digests: [UInt8] = []
    digests.reserveCapacity(32 * layout.pages)
    for start in stride(from: 0, to: layout.digests, by: ShardLayout.pageBytes) {
        let count = min(ShardLayout.pageBytes, layout.digests - start)
        try readExactly(descriptor, &page, count, at: start, name)
        digests += page.withUnsafeBytes { sha256(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    let stated = try statedDigests(of: descriptor, layout: layout, name: name)
    for number in 0..<layout.pages {
        let range = 32 * number..<32 * number + 32
        guard digests[range] == stated[range] else { throw .corruptPage(name, number) }
    }
    return contentHash(of: digests)
}

/// The digests that a shard file itself states, 32 bytes a page.
///
/// They are what the shard's hash is taken over, so compare before they are believed.
public func statedDigests(
    of descriptor: Int32,
    layout: ShardLayout,
    name: String
) throws(DatasetError) -> [UInt8] {
    var digests = [UInt8](repeating: 0, count: 32 * layout.pages)
    try readExactly(descriptor, &digests, digests.count, at: layout.digests, name)
    return digests
}

private func readExactly(
    _ descriptor: Int32,
    _ target: inout [UInt8],
    _ count: Int,
    at offset: Int,
    _ name: String
) throws(DatasetError) {
    var filled = 0
    while filled < count {
        let part = target.withUnsafeMutableBytes { bytes in
            pread(
                descriptor,
                bytes.baseAddress.map { $0 + filled },
                count - filled,
                off_t(offset + filled)
            )
        }
        if part < 0, errno == EINTR { continue }
        guard part >= 0 else { throw .reading(name, errno) }
        guard part > 0 else { throw .corrupt(name, "ends at byte \(offset + filled)") }
        filled += part
    }
}

extension DatasetError {
    /// A stored file that is not what was stored.
    static func corrupt(_ name: String, _ reason: String) -> DatasetError {
        DatasetError(
            .dataCorrupt,
            reason,
            file: name,
            hint: "distmlctl dataset verify shows who holds an intact copy"
        )
    }

    /// A page of a stored file that is not what was stored.
    static func corruptPage(_ name: String, _ page: Int) -> DatasetError {
        let start = page * ShardLayout.pageBytes
        return corrupt(name, "page \(page), from byte \(start) on, is not what was stored")
    }
}
