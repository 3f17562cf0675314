internal import Glibc

/// Appends parsed rows to the staging file; single owner of its buffer, not of the descriptor.
///
/// Every row is a whole number of 4-byte words of the machine's byte order:
///
/// | Form | Words |
/// |---|---|
/// | sparse | label code, label value, count n, n column indices, n values |
/// | table | label code, label value, one value a column |
/// | bytes | label code, label value, one byte a column, filled up to a whole word |
///
/// In a table NaN stands for a missing value, and a text's number for the text.
final class StagingWriter {
    /// Bytes appended so far.
    private(set) var count = 0
    /// Rows appended so far.
    private(set) var rows = 0
    /// Where each row begins; kept only where rows differ in length.
    private(set) var rowStarts: [Int] = []

    private let descriptor: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    private let rowsMax: Int

    /// Writes to `descriptor`, an empty regular file, from its start.
    init(descriptor: Int32, limits: ImportLimits) {
        self.descriptor = descriptor
        rowsMax = limits.rowsMax
        buffer = .allocate(byteCount: 1 << 20, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Appends a row of named entries.
    func appendSparse(
        _ label: StagedLabel,
        _ indices: [Int32],
        _ values: [Float]
    ) throws(DatasetError) {
        rowStarts.append(count)
        try begin(label)
        try append(Int32(indices.count))
        try append(indices)
        try append(values)
    }

    /// Appends a row of a table.
    func appendTable(
        _ label: StagedLabel,
        _ values: UnsafeBufferPointer<Float>
    ) throws(DatasetError) {
        try begin(label)
        try append(UnsafeRawBufferPointer(values))
    }

    /// Appends a row of bytes.
    func appendBytes(
        _ label: StagedLabel,
        _ values: UnsafeRawBufferPointer
    ) throws(DatasetError) {
        try begin(label)
        try append(values)
        try append([UInt8](repeating: 0, count: -values.count & 3))
    }

    /// Writes out what is still in memory.
    func flush() throws(DatasetError) {
        var start = 0
        while start < used {
            let offset = off_t(count - used + start)
            let written = pwrite(
                descriptor,
                buffer.baseAddress.map { $0 + start },
                used - start,
                offset
            )
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .writing("the staging file", errno) }
            start += written
        }
        used = 0
    }

    private func begin(_ label: StagedLabel) throws(DatasetError) {
        guard rows < rowsMax else {
            throw DatasetError(.tooManyRows, "more than \(rowsMax) rows")
        }
        rows += 1
        try append(label.code)
        try append(Int32(bitPattern: label.value.bitPattern))
    }

    @inline(__always)
    private func append(_ word: Int32) throws(DatasetError) {
        if used + 4 > buffer.count { try flush() }
        buffer.storeBytes(of: word, toByteOffset: used, as: Int32.self)
        used += 4
        count += 4
    }

    private func append<Value: BitwiseCopyable>(_ values: [Value]) throws(DatasetError) {
        try values.withUnsafeBufferPointer { values throws(DatasetError) in
            try append(UnsafeRawBufferPointer(values))
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if used == buffer.count { try flush() }
            let part = rest.prefix(buffer.count - used)
            UnsafeMutableRawBufferPointer(rebasing: buffer[used...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            used += part.count
            count += part.count
            rest = rest.dropFirst(part.count)
        }
    }
}
