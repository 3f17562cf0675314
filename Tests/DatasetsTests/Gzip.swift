import CZlib
import Testing

/// One gzip member with `contents`.
func gzipped(_ contents: [UInt8]) throws -> [UInt8] {
    var contents = contents
    var stream = z_stream()
    try #require(cz_start_deflating(&stream) == Z_OK)
    defer { deflateEnd(&stream) }
    var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(contents.count))))
    let room = result.count
    let status = contents.withUnsafeMutableBufferPointer { source in
        result.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(room)
            return deflate(&stream, Z_FINISH)
        }
    }
    try #require(status == Z_STREAM_END)
    return Array(result[..<(room - Int(stream.avail_out))])
}

/// An IDX file of unsigned bytes.
func idx(_ shape: [Int], _ values: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 8, UInt8(shape.count)]
    for length in shape {
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
    }
    return bytes + values
}
