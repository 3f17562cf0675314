internal import Glibc

/// The members of a zip file, as its directory at the end lists them.
///
/// | Offset | Bytes | End of the directory: meaning |
/// |---|---|---|
/// | 0 | 4 | `PK`, 5, 6 |
/// | 4 | 2 + 2 | number of this disk and of the directory's; 0 |
/// | 8 | 2 + 2 | entries on this disk and in all |
/// | 12 | 4 + 4 | size and offset of the directory |
/// | 20 | 2 + n | a comment |
///
/// Where a field is all ones, the record `PK`, 6, 6 has it in 8 bytes, found by the locator
/// `PK`, 6, 7 of 20 bytes in front of the end. What lies between the members is not looked at.
///
/// Source: PKWARE, ".ZIP File Format Specification" 6.3.10, 2022, sections 4.3.12 to 4.3.16 and
/// 4.5.3.
struct ZipArchive {
    let file: ImportFile
    /// The members in the order of the directory.
    let members: [ZipMember]

    /// Whether `file` begins as a zip file does.
    static func isZip(_ file: ImportFile) throws(DatasetError) -> Bool {
        let start = try readAt(file, 0, 4)
        return start == [0x50, 0x4B, 3, 4] || start == [0x50, 0x4B, 5, 6]
    }

    /// Reads the directory.
    init(_ file: ImportFile) throws(DatasetError) {
        self.file = file
        let size = try regularFileSize(file)
        let place = try DirectoryPlace(file, size: size)
        guard place.entries <= entriesMax, place.bytes <= directoryBytesMax else {
            throw DatasetError(
                .tooLarge,
                "is a zip archive of \(place.entries) members; at most \(entriesMax) are taken",
                file: file.name
            )
        }
        guard place.bytes <= size, place.offset <= size - place.bytes else {
            throw corrupt(file, "its directory lies outside of the file")
        }
        let bytes = try readAt(file, place.offset, place.bytes)
        var members: [ZipMember] = []
        var position = 0
        for _ in 0..<place.entries {
            let member = try ZipMember(bytes, at: &position, file: file)
            guard !members.contains(where: { $0.name == member.name }) else {
                throw corrupt(file, "two members are called '\(shortened(member.name))'")
            }
            members.append(member)
        }
        self.members = members
    }
}

/// One member of a zip file.
struct ZipMember: Equatable {
    let name: String
    /// 0 stored, 8 deflated.
    let method: Int
    let isEncrypted: Bool
    /// CRC-32 of the contents.
    let checksum: UInt32
    /// Bytes in the archive.
    let packedBytes: Int
    /// Bytes of the contents.
    let bytes: Int
    /// Where its local head lies.
    let headOffset: Int

    /// Reads the entry at `position` of a directory and moves behind it.
    ///
    /// | Offset | Bytes | Meaning |
    /// |---|---|---|
    /// | 0 | 4 | `PK`, 1, 2 |
    /// | 8 | 2 | flags; bit 0 says encrypted |
    /// | 10 | 2 | method |
    /// | 16 | 4 | CRC-32 |
    /// | 20 | 4 + 4 | packed size, size |
    /// | 28 | 2 + 2 + 2 | lengths of name, extra fields and comment, which follow at 46 |
    /// | 42 | 4 | offset of the local head |
    fileprivate init(
        _ directory: [UInt8],
        at position: inout Int,
        file: ImportFile
    ) throws(DatasetError) {
        let start = position
        guard directory.count - start >= 46, directory[start...].starts(with: [0x50, 0x4B, 1, 2])
        else { throw corrupt(file, "its directory ends too early") }
        func field(_ offset: Int, _ count: Int) -> Int {
            littleEndian(directory, start + offset, count)
        }
        let nameEnd = start + 46 + field(28, 2)
        let extraEnd = nameEnd + field(30, 2)
        let end = extraEnd + field(32, 2)
        guard end <= directory.count,
            let name = String(validating: directory[(start + 46)..<nameEnd], as: UTF8.self)
        else { throw corrupt(file, "its directory ends too early, or a name is not UTF-8") }
        var wide = WideFields(directory[nameEnd..<extraEnd])
        guard let bytes = wide.value(or: field(24, 4)),
            let packedBytes = wide.value(or: field(20, 4)),
            let headOffset = wide.value(or: field(42, 4))
        else { throw corrupt(file, "the sizes of '\(shortened(name))' are not understood") }
        self.name = name
        method = field(10, 2)
        isEncrypted = field(8, 2) & 1 == 1
        checksum = UInt32(field(16, 4))
        self.bytes = bytes
        self.packedBytes = packedBytes
        self.headOffset = headOffset
        position = end
    }
}

/// The 8-byte fields of an entry's zip64 extra field, which stand there in a fixed order and only
/// in place of those that are all ones.
private struct WideFields {
    private var rest: ArraySlice<UInt8> = []

    init(_ extra: ArraySlice<UInt8>) {
        var rest = extra
        while rest.count >= 4 {
            let bytes = Array(rest.prefix(4))
            let count = littleEndian(bytes, 2, 2)
            let body = rest.dropFirst(4).prefix(count)
            guard body.count == count else { return }
            if littleEndian(bytes, 0, 2) == 1 {
                self.rest = body
                return
            }
            rest = rest.dropFirst(4 + count)
        }
    }

    /// `narrow`, or the next wide field where it is all ones; nil where that is missing.
    mutating func value(or narrow: Int) -> Int? {
        guard narrow == 0xFFFF_FFFF else { return narrow }
        guard rest.count >= 8 else { return nil }
        let bytes = Array(rest.prefix(8))
        rest = rest.dropFirst(8)
        guard bytes[7] < 0x40 else { return nil }
        return littleEndian(bytes, 0, 8)
    }
}

/// Where the directory lies.
private struct DirectoryPlace {
    var entries: Int
    var bytes: Int
    var offset: Int

    init(_ file: ImportFile, size: Int) throws(DatasetError) {
        // The comment behind it has at most 65,535 bytes.
        let tailStart = max(0, size - 22 - 65_535)
        let tail = try readAt(file, tailStart, size - tailStart)
        var found: Int?
        for place in stride(from: tail.count - 22, through: 0, by: -1) {
            guard tail[place] == 0x50, tail[place...].starts(with: [0x50, 0x4B, 5, 6]),
                place + 22 + littleEndian(tail, place + 20, 2) == tail.count
            else { continue }
            found = place
            break
        }
        guard let end = found else {
            throw corrupt(file, "its directory, which ends the file, is not there")
        }
        entries = littleEndian(tail, end + 10, 2)
        bytes = littleEndian(tail, end + 12, 4)
        offset = littleEndian(tail, end + 16, 4)
        guard entries == 0xFFFF || bytes == 0xFFFF_FFFF || offset == 0xFFFF_FFFF else { return }
        guard end >= 20, tail[(end - 20)...].starts(with: [0x50, 0x4B, 6, 7]),
            tail[end - 5] < 0x40
        else { throw corrupt(file, "the locator of its directory is not there") }
        let place = littleEndian(tail, end - 12, 8)
        guard place <= size - 56 else { throw corrupt(file, "its directory is not there") }
        let record = try readAt(file, place, 56)
        guard record.starts(with: [0x50, 0x4B, 6, 6]), record[39] < 0x40, record[47] < 0x40,
            record[55] < 0x40
        else { throw corrupt(file, "its directory is not there") }
        entries = littleEndian(record, 32, 8)
        bytes = littleEndian(record, 40, 8)
        offset = littleEndian(record, 48, 8)
    }
}

private let entriesMax = 10_000
private let directoryBytesMax = 4 << 20

/// A whole number; of 8 bytes only where the highest is small.
func littleEndian(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
    bytes[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
}

/// The bytes of a regular file from `offset` on, exactly `count` unless it ends before them.
func readAt(_ file: ImportFile, _ offset: Int, _ count: Int) throws(DatasetError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
        let part = bytes.withUnsafeMutableBytes { target in
            pread(
                file.descriptor,
                target.baseAddress.map { $0 + filled },
                count - filled,
                off_t(offset + filled)
            )
        }
        if part < 0, errno == EINTR { continue }
        guard part >= 0 else { throw .reading(file.name, errno) }
        if part == 0 { break }
        filled += part
    }
    bytes.removeLast(count - filled)
    return bytes
}

/// A refusal of a zip file that is damaged.
func corrupt(_ file: ImportFile, _ what: String) -> DatasetError {
    DatasetError(
        .zipCorrupt,
        "is a damaged zip archive: \(what)",
        file: file.name,
        hint: "fetch or write the file again"
    )
}
