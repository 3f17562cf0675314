internal import CLinux
internal import Glibc

/// The contents of one file in order, inflated where they are gzipped.
///
/// The file is read, never mapped: its owner may shorten it at any time.
struct ByteStream {
    let name: String
    /// Size of the file when it was opened.
    let size: Int
    /// Bytes of the file read so far, as they lie on the disk.
    private(set) var offset = 0
    private let descriptor: Int32
    private let inflater: Inflater?

    /// Opens the contents of `file`, which must be a regular file.
    init(_ file: ImportFile, limits: ImportLimits) throws(DatasetError) {
        name = file.name
        descriptor = file.descriptor
        size = try regularFileSize(file)
        var magic = [UInt8](repeating: 0, count: 6)
        let count = magic.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, 6, 0) }
        guard count >= 0 else { throw .reading(file.name, errno) }
        if count >= 2, magic[0] == 0x1F, magic[1] == 0x8B {
            inflater = try Inflater(name: file.name, limits: limits)
            return
        }
        inflater = nil
        if let kind = foreignCompression(magic) {
            throw DatasetError(
                .unsupportedCompression,
                "is compressed with \(kind)",
                file: file.name,
                hint: "unpack it first, or compress it with gzip"
            )
        }
    }

    var contentBytes: Int? { inflater == nil ? size : nil }

    /// Fills `target` as far as one call goes and returns the count; 0 at the end.
    mutating func read(into target: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        guard let inflater else { return try readFile(into: target) }
        while true {
            let count = try inflater.inflate(into: target)
            if count > 0 { return count }
            let arrived = try readFile(into: inflater.input)
            guard arrived > 0 else {
                try inflater.finish()
                return 0
            }
            inflater.supplied(arrived)
        }
    }

    private mutating func readFile(
        into target: UnsafeMutableRawBufferPointer
    ) throws(DatasetError) -> Int {
        while true {
            let count = pread(descriptor, target.baseAddress, target.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .reading(name, errno) }
            offset += count
            guard count == 0 ? offset == size : offset <= size else {
                throw DatasetError(
                    .fileChanged,
                    "had \(size) bytes when reading began, and another size when it ended",
                    file: name,
                    hint: "import it again once nothing writes to it"
                )
            }
            return count
        }
    }
}

/// The size of what must be a regular file.
func regularFileSize(_ file: ImportFile) throws(DatasetError) -> Int {
    var isRegular: Int32 = 0
    let size = cl_file_size(file.descriptor, &isRegular)
    guard size >= 0 else { throw .reading(file.name, errno) }
    guard isRegular == 1 else {
        throw DatasetError(
            .notRegularFile,
            "is not a regular file",
            file: file.name,
            hint: "pipe it into standard input: distmlctl dataset add NAME -"
        )
    }
    return Int(size)
}

/// The name of a compression other than gzip whose first bytes these are.
private func foreignCompression(_ magic: [UInt8]) -> String? {
    let known: [(name: String, magic: [UInt8])] = [
        ("zip", [0x50, 0x4B, 0x03, 0x04]),
        ("bzip2", [0x42, 0x5A, 0x68]),
        ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        ("zstd", [0x28, 0xB5, 0x2F, 0xFD]),
        ("7-zip", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    ]
    return known.first { magic.starts(with: $0.magic) }?.name
}

extension DatasetError {
    /// A read that failed with `errno`.
    static func reading(_ file: String, _ errno: Int32) -> DatasetError {
        DatasetError(.readFailed, "cannot be read: \(systemMessage(errno))", file: file)
    }

    /// A write of our own that failed with `errno`.
    static func writing(_ what: String, _ errno: Int32) -> DatasetError {
        if errno == ENOSPC || errno == EDQUOT || errno == EFBIG {
            return DatasetError(
                .noSpace,
                "no room on the disk for \(what)",
                hint: "free some space, or give the node a larger disk"
            )
        }
        return DatasetError(.writeFailed, "\(what) cannot be written: \(systemMessage(errno))")
    }
}

private func systemMessage(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}
