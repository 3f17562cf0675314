internal import CZlib

/// Zlib's state, which must not move, and room for what is to be inflated.
final class InflateState {
    /// What surrounds the packed bytes.
    enum Wrapping {
        case gzip, none
    }

    /// What one call of zlib came to.
    enum Step {
        /// Bytes were written, or more input or room is wanted; whether the data end here.
        case wrote(Int, isEnd: Bool)
        /// The data are damaged; zlib's words.
        case damaged(Int, String)
    }

    /// Room for packed bytes; fill it from the start, then call `supplied`.
    let input: UnsafeMutableRawBufferPointer
    private let stream: UnsafeMutablePointer<z_stream>

    /// A state at the start of data in the file that messages call `name`.
    init(name: String, _ wrapping: Wrapping) throws(DatasetError) {
        input = .allocate(byteCount: 256 << 10, alignment: 64)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status =
            wrapping == .gzip ? cz_start_inflating(stream) : cz_start_inflating_raw(stream)
        guard status == Z_OK else {
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

    /// Bytes of input that have not been taken.
    var left: Int { Int(stream.pointee.avail_in) }

    /// The first of them; nil where there is none.
    var next: UInt8? { left > 0 ? stream.pointee.next_in.pointee : nil }

    /// Begins again with what follows.
    func restart() { inflateReset(stream) }

    /// Calls zlib once, to write into `target`.
    func step(into target: UnsafeMutableRawBufferPointer) -> Step {
        let room = UInt32(clamping: target.count)
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        let count = Int(room - stream.pointee.avail_out)
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            let words = stream.pointee.msg.map { String(cString: $0) } ?? "error \(status)"
            return .damaged(count, words)
        }
        return .wrote(count, isEnd: status == Z_STREAM_END)
    }
}
