public import Domain
internal import Glibc

/// A shard file as it was written.
public struct WrittenShard: Hashable, Sendable {
    /// What lies where.
    public var layout: ShardLayout
    /// SHA-256 over the digests of its pages.
    public var hash: ContentHash

    /// A shard as it was written.
    public init(layout: ShardLayout, hash: ContentHash) {
        self.layout = layout
        self.hash = hash
    }
}

/// Writes one shard file from its first byte to its last, hashing page by page.
final class ShardWriter {
    private let descriptor: Int32
    /// What lies where.
    let layout: ShardLayout
    /// Bytes that lie in the file.
    var bytesWritten: Int { offset }
    /// Whether a page has been written since it was last set to false.
    var hasNews = false

    private let page: UnsafeMutableRawBufferPointer
    private var used = 0
    private var offset = 0
    private var digests: [UInt8] = []

    /// Takes room for the whole file on the disk, then writes its header.
    init(descriptor: Int32, layout: ShardLayout) throws(DatasetError) {
        self.descriptor = descriptor
        self.layout = layout
        page = .allocate(byteCount: ShardLayout.pageBytes, alignment: 64)
        let failure = posix_fallocate(descriptor, 0, off_t(layout.fileBytes))
        guard failure == 0 else { throw .writing("a shard", failure) }
        try append(layout.header)
    }

    deinit { page.deallocate() }

    /// Appends numbers.
    @inline(__always)
    func append<Value: BitwiseCopyable>(_ values: [Value]) throws(DatasetError) {
        try values.withUnsafeBufferPointer { values throws(DatasetError) in
            try append(UnsafeRawBufferPointer(values))
        }
    }

    /// Fills up to where the next tensor begins.
    func align() throws(DatasetError) {
        let gap = -(offset + used) & 63
        try append([UInt8](repeating: 0, count: gap))
    }

    /// Writes the digests and makes everything durable.
    func finish() throws(DatasetError) -> WrittenShard {
        if used > 0 { try flush(isHashed: true) }
        precondition(offset == layout.digests, "\(offset) bytes instead of \(layout.digests)")
        let hash = contentHash(of: digests)
        var rest = digests[...]
        while !rest.isEmpty {
            let part = rest.prefix(page.count)
            for (i, byte) in part.enumerated() { page[i] = byte }
            used = part.count
            try flush(isHashed: false)
            rest = rest.dropFirst(part.count)
        }
        guard fsync(descriptor) == 0 else { throw .writing("a shard", errno) }
        return WrittenShard(layout: layout, hash: hash)
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(page.count - used)
            UnsafeMutableRawBufferPointer(rebasing: page[used...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            used += part.count
            rest = rest.dropFirst(part.count)
            if used == page.count { try flush(isHashed: true) }
        }
    }

    private func flush(isHashed: Bool) throws(DatasetError) {
        if isHashed {
            digests += sha256(UnsafeRawBufferPointer(rebasing: page[..<used]))
        }
        var start = 0
        while start < used {
            let place = off_t(offset + start)
            let written = pwrite(
                descriptor,
                page.baseAddress.map { $0 + start },
                used - start,
                place
            )
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .writing("a shard", errno) }
            start += written
        }
        offset += used
        used = 0
        hasNews = true
    }
}
