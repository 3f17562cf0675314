internal import CZlib
internal import Glibc

/// The contents of one member of a zip file in order, checked against its size and CRC-32.
struct ZipMemberStream: ByteSource {
    let name: String
    /// Bytes of the archive read so far.
    private(set) var offset = 0
    private let file: ImportFile
    private let member: ZipMember
    private let inflater: RawInflater?
    /// Where its packed bytes begin.
    private let start: Int
    private var produced = 0
    private var checksum: UInt32 = 0

    /// Opens `member`, which messages call `name`.
    init(
        _ archive: ZipArchive,
        _ member: ZipMember,
        name: String,
        limits: ImportLimits
    ) throws(DatasetError) {
        self.name = name
        file = archive.file
        self.member = member
        guard !member.isEncrypted, member.method == 0 || member.method == 8 else {
            throw DatasetError(
                .unsupportedCompression,
                member.isEncrypted
                    ? "is encrypted" : "is packed by zip's method \(member.method)",
                file: name,
                hint: "numpy.savez and numpy.savez_compressed write what is read here"
            )
        }
        guard member.bytes <= limits.bytesMax else {
            throw DatasetError(
                .tooLarge,
                "unpacks to \(member.bytes) bytes; at most \(limits.bytesMax) are taken",
                file: name
            )
        }
        if member.bytes > limits.ratioFreeBytes,
            member.bytes / limits.ratioMax > member.packedBytes
        {
            throw DatasetError(
                .zipRatio,
                "unpacks to more than \(limits.ratioMax) times its size",
                file: name
            )
        }
        start = try Self.contentsOffset(archive, member)
        inflater = member.method == 8 ? try RawInflater(name: name) : nil
        guard inflater != nil || member.packedBytes == member.bytes else {
            throw corrupt(file, "'\(shortened(member.name))' is stored with two sizes")
        }
    }

    /// Reads the local head, whose name must be that of the directory.
    private static func contentsOffset(
        _ archive: ZipArchive,
        _ member: ZipMember
    ) throws(DatasetError) -> Int {
        let file = archive.file
        let size = try regularFileSize(file)
        let shown = shortened(member.name)
        guard member.headOffset <= size - 30 else {
            throw corrupt(file, "'\(shown)' lies outside of the file")
        }
        let head = try readAt(file, member.headOffset, 30)
        guard head.count == 30, head.starts(with: [0x50, 0x4B, 3, 4]) else {
            throw corrupt(file, "'\(shown)' is not where the directory says")
        }
        let nameBytes = littleEndian(head, 26, 2)
        let name = try readAt(file, member.headOffset + 30, nameBytes)
        guard name.elementsEqual(member.name.utf8) else {
            throw corrupt(file, "'\(shown)' has another name in the directory")
        }
        let start = member.headOffset + 30 + nameBytes + littleEndian(head, 28, 2)
        guard member.packedBytes <= size, start <= size - member.packedBytes else {
            throw corrupt(file, "'\(shown)' lies outside of the file")
        }
        return start
    }

    var contentBytes: Int? { member.bytes }

    mutating func read(into target: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        let left = member.bytes - produced
        guard !target.isEmpty, left > 0 else {
            if left == 0 { try finish() }
            return 0
        }
        let wanted = UnsafeMutableRawBufferPointer(rebasing: target.prefix(left))
        let count = try inflater == nil ? readPacked(into: wanted) : inflate(into: wanted)
        guard count > 0 else {
            throw corrupt(
                file,
                "'\(shortened(member.name))' has less than its \(member.bytes) bytes"
            )
        }
        produced += count
        checksum = UInt32(
            truncatingIfNeeded: crc32(
                UInt(checksum),
                wanted.baseAddress?.assumingMemoryBound(to: UInt8.self),
                UInt32(count)
            )
        )
        return count
    }

    private mutating func inflate(
        into target: UnsafeMutableRawBufferPointer
    ) throws(DatasetError) -> Int {
        guard let inflater else { return 0 }
        while true {
            let count = try inflater.inflate(into: target, file)
            if count > 0 || inflater.isAtEnd { return count }
            let arrived = try readPacked(into: inflater.input)
            if arrived == 0 { return 0 }
            inflater.supplied(arrived)
        }
    }

    /// Reads bytes as they lie in the archive; 0 where the member has no more.
    private mutating func readPacked(
        into target: UnsafeMutableRawBufferPointer
    ) throws(DatasetError) -> Int {
        let room = min(target.count, member.packedBytes - offset, 1 << 30)
        guard room > 0 else { return 0 }
        while true {
            let count = pread(file.descriptor, target.baseAddress, room, off_t(start + offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .reading(file.name, errno) }
            guard count > 0 else {
                throw DatasetError(
                    .fileChanged,
                    "became shorter while it was read",
                    file: file.name,
                    hint: "import it again once nothing writes to it"
                )
            }
            offset += count
            return count
        }
    }

    /// Checks that the packed bytes hold no more than the contents, and their sum.
    private mutating func finish() throws(DatasetError) {
        let shown = shortened(member.name)
        if let inflater, !inflater.isAtEnd {
            var more: UInt8 = 0
            let extra = try withUnsafeMutableBytes(of: &more) { byte throws(DatasetError) in
                try inflate(into: byte)
            }
            guard extra == 0, inflater.isAtEnd else {
                throw corrupt(file, "'\(shown)' does not end with its \(member.bytes) bytes")
            }
        }
        guard checksum == member.checksum else {
            throw corrupt(file, "the checksum of '\(shown)' is not that of its contents")
        }
    }
}

/// Inflates bytes without any wrapping.
private final class RawInflater {
    /// Whether the last block has been inflated.
    private(set) var isAtEnd = false
    private let state: InflateState

    init(name: String) throws(DatasetError) { state = try InflateState(name: name, .none) }

    /// Room for packed bytes; fill it from the start, then call `supplied`.
    var input: UnsafeMutableRawBufferPointer { state.input }

    func supplied(_ count: Int) { state.supplied(count) }

    /// Inflates into `target` and returns the count; 0 at the end, or where input is wanted.
    func inflate(
        into target: UnsafeMutableRawBufferPointer,
        _ file: ImportFile
    ) throws(DatasetError) -> Int {
        // Zlib may hold output back after it took the last byte of input, so it is always asked.
        while !isAtEnd {
            switch state.step(into: target) {
            case .damaged(_, let words): throw corrupt(file, words)
            case .wrote(let count, let isEnd):
                isAtEnd = isEnd
                if count > 0 { return count }
                if state.left == 0 { return 0 }
            }
        }
        return 0
    }
}
