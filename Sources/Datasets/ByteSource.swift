/// Bytes in order, from a file or from a part of one.
protocol ByteSource {
    /// What its owner calls it, for messages.
    var name: String { get }
    /// Bytes of the file read so far, as they lie on the disk.
    var offset: Int { get }
    /// Number of all bytes; nil where only reading tells.
    var contentBytes: Int? { get }

    /// Fills `target` as far as one call goes and returns the count; 0 at the end.
    mutating func read(into target: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int
}

extension ByteStream: ByteSource {}

extension ByteSource {
    /// Fills `target` and returns the count, which is smaller only where the bytes end.
    mutating func fill(
        _ target: UnsafeMutableRawBufferPointer
    ) throws(DatasetError) -> Int {
        var filled = 0
        while filled < target.count {
            let part = try read(into: UnsafeMutableRawBufferPointer(rebasing: target[filled...]))
            if part == 0 { break }
            filled += part
        }
        return filled
    }

    /// The next bytes, as many as are left.
    mutating func upTo(_ count: Int) throws(DatasetError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var source = self
        defer { self = source }
        let filled = try bytes.withUnsafeMutableBufferPointer { target throws(DatasetError) in
            try source.fill(UnsafeMutableRawBufferPointer(target))
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// The next bytes, exactly so many; `code` and `reason` are for a file that ends before them.
    mutating func exactly(
        _ count: Int,
        orElse code: DatasetError.Code,
        _ reason: String
    ) throws(DatasetError) -> [UInt8] {
        let bytes = try upTo(count)
        guard bytes.count == count else { throw DatasetError(code, reason, file: name) }
        return bytes
    }
}
