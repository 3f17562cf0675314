internal import CZlib

/// Inflates gzip members one behind the other; owns zlib's state, which must not move.
final class Inflater {
    /// Room for compressed bytes; fill it from the start, then call `supplied`.
    let input: UnsafeMutableRawBufferPointer

    private let stream: UnsafeMutablePointer<z_stream>
    private let name: String
    private let limits: ImportLimits
    private var consumed = 0
    private var produced = 0
    /// Whether a member has begun and not ended.
    private var isInside = false

    init(name: String, limits: ImportLimits) throws(DatasetError) {
        self.name = name
        self.limits = limits
        input = .allocate(byteCount: 256 << 10, alignment: 64)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard cz_start_inflating(stream) == Z_OK else {
            throw DatasetError(.readFailed, "zlib cannot start", file: name)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Says that `count` bytes lie at the start of `input`.
    func supplied(_ count: Int) {
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
    }

    /// Inflates into `target` and returns the count; 0 means that more input is wanted.
    func inflate(into target: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        guard !target.isEmpty else { return 0 }
        while stream.pointee.avail_in > 0 {
            if !isInside { try beginMember() }
            let waiting = stream.pointee.avail_in
            let room = UInt32(clamping: target.count)
            stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = room
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            consumed += Int(waiting - stream.pointee.avail_in)
            let count = Int(room - stream.pointee.avail_out)
            produced += count
            try check(status)
            if status == Z_STREAM_END { isInside = false }
            if count > 0 { return count }
        }
        return 0
    }

    /// Checks that the last member is complete.
    func finish() throws(DatasetError) {
        guard isInside else { return }
        throw DatasetError(
            .gzipTruncated,
            "gzip data end too early, after \(produced) bytes of contents",
            file: name,
            hint: "fetch the file again"
        )
    }

    private func beginMember() throws(DatasetError) {
        let next = stream.pointee.next_in.pointee
        guard consumed == 0 || next == 0x1F else {
            throw DatasetError(
                .gzipTrailingBytes,
                "other bytes follow the gzip data at byte \(consumed)",
                file: name,
                hint: "fetch the file again, or cut it there"
            )
        }
        if consumed > 0 { inflateReset(stream) }
        isInside = true
    }

    private func check(_ status: Int32) throws(DatasetError) {
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            let words = stream.pointee.msg.map { String(cString: $0) } ?? "error \(status)"
            throw DatasetError(
                .gzipCorrupt,
                "gzip data are damaged near byte \(consumed): \(words)",
                file: name,
                hint: "fetch the file again"
            )
        }
        if produced > limits.ratioFreeBytes, produced / limits.ratioMax > consumed {
            throw DatasetError(
                .gzipRatio,
                "inflates to more than \(limits.ratioMax) times its size",
                file: name
            )
        }
        if produced > limits.bytesMax {
            throw DatasetError(
                .tooLarge,
                "inflates to more than \(limits.bytesMax) bytes",
                file: name
            )
        }
    }
}
