import CZlib
import Testing

/// A NumPy array file of elements that are bytes already.
func npy(
    _ descr: String,
    _ shape: [Int],
    _ elements: [UInt8],
    isFortran: Bool = false,
    version: UInt8 = 1
) -> [UInt8] {
    let inner = shape.map { "\($0)," }.joined(separator: " ")
    let text =
        "{'descr': \(descr.hasPrefix("[") ? descr : "'\(descr)'"), "
        + "'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(inner)), }"
    return npy(dictionary: text, elements, version: version)
}

/// A NumPy array file with any text in its head, filled up as NumPy does.
func npy(dictionary: String, _ elements: [UInt8], version: UInt8 = 1) -> [UInt8] {
    var text = Array(dictionary.utf8)
    let width = version == 1 ? 2 : 4
    while (8 + width + text.count + 1) % 64 != 0 { text.append(0x20) }
    text.append(0x0A)
    let length = (0..<width).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + elements
}

/// The bytes of whole numbers or bit patterns.
func bytes<Bits: FixedWidthInteger>(_ values: [Bits], isBig: Bool = false) -> [UInt8] {
    values.flatMap { value in
        withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { Array($0) }
    }
}

/// The bytes of doubles.
func doubles(_ values: [Double]) -> [UInt8] { bytes(values.map(\.bitPattern)) }

/// How a member of a zip file is written.
struct ZipOptions {
    var isDeflated = false
    /// Whether sizes stand in the field of zip64.
    var isWide = false
    var flags = 0
    var method: Int?
    /// What is said to be the size, and the checksum.
    var claimedBytes: Int?
    var checksum: UInt32?
}

/// A zip file, written member by member with its directory at the end.
func zipped(
    _ members: [(name: String, bytes: [UInt8])],
    _ options: ZipOptions = .init()
) throws -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
        // Gzip is ten bytes, deflated data, CRC-32 and size.
        let packed = try gzipped(member.bytes)
        let checksum =
            options.checksum
            ?? UInt32(
                packed.dropLast(4).suffix(4).reversed()
                    .reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            )
        let body = options.isDeflated ? Array(packed[10..<packed.count - 8]) : member.bytes
        let size = options.claimedBytes ?? member.bytes.count
        let method = options.method ?? (options.isDeflated ? 8 : 0)
        let all: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
        let sizes =
            options.isWide
            ? all + all : field(body.count, 4) + field(size, 4)
        let extra =
            options.isWide
            ? field(1, 2) + field(16, 2) + field(size, 8) + field(body.count, 8) : []
        let middle =
            field(options.flags, 2) + field(method, 2) + field(0, 4)
            + field(Int(checksum), 4) + sizes + field(member.name.utf8.count, 2)
            + field(extra.count, 2)
        directory += [0x50, 0x4B, 1, 2, 45, 0, 45, 0] + middle + field(0, 2) + field(0, 8)
        directory += field(file.count, 4) + Array(member.name.utf8) + extra
        file += [0x50, 0x4B, 3, 4, 45, 0] + middle + Array(member.name.utf8) + extra + body
    }
    let start = file.count
    file += directory
    if options.isWide {
        let record = file.count
        file += [0x50, 0x4B, 6, 6] + field(44, 8) + field(45, 2) + field(45, 2) + field(0, 8)
        file += field(members.count, 8) + field(members.count, 8) + field(directory.count, 8)
        file += field(start, 8)
        file += [0x50, 0x4B, 6, 7] + field(0, 4) + field(record, 8) + field(1, 4)
    }
    let count = options.isWide ? 0xFFFF : members.count
    file += [0x50, 0x4B, 5, 6] + field(0, 4) + field(count, 2) + field(count, 2)
    file +=
        options.isWide
        ? [UInt8](repeating: 0xFF, count: 8)
        : field(directory.count, 4)
            + field(start, 4)
    return file + field(0, 2)
}

private func field(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A scipy matrix of compressed rows, as `scipy.sparse.save_npz` names its arrays.
func csr(
    _ shape: [Int64],
    starts: [Int32],
    columns: [Int32],
    _ values: [Double],
    form: String = "csr"
) throws -> [UInt8] {
    try zipped(
        [
            ("indices.npy", npy("<i4", [columns.count], bytes(columns))),
            ("indptr.npy", npy("<i4", [starts.count], bytes(starts))),
            ("format.npy", npy("|S3", [], Array(form.utf8))),
            ("shape.npy", npy("<i8", [2], bytes(shape))),
            ("data.npy", npy("<f8", [values.count], doubles(values))),
        ],
        ZipOptions(isDeflated: true)
    )
}
