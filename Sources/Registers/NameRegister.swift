public import Domain
public import Wire

/// What a dataset's name means: the value of its register.
///
/// | Bytes | Meaning |
/// |---|---|
/// | 1 | 1: nothing, the name was removed and may be claimed again; 2: a dataset version |
/// | 32 | content hash of the version, where there is one |
/// | 8 | when it was added, seconds since 1970 as a Float64 |
public enum NameRegister: Hashable, Sendable {
    /// A dataset version.
    case dataset(DatasetVersion)
    /// Nothing any more.
    case tombstone

    /// The meaning as bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .tombstone: writer.write(1 as UInt8)
        case .dataset(let version):
            writer.write(2 as UInt8)
            writer.writeRaw(version.hash.bytes)
            writer.write(version.addedAt)
        }
        return writer.bytes
    }

    /// Reads the value of a name's register.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        switch try reader.integer("kind of name", as: UInt8.self) {
        case 1: self = .tombstone
        case 2:
            let hash = ContentHash(bytes: try reader.raw("content hash", count: 32))
            let addedAt = try reader.double("time")
            self = .dataset(DatasetVersion(hash: hash, addedAt: addedAt))
        case let other: throw .badValue(what: "kind of name", value: "\(other)")
        }
        try reader.finish()
    }
}
