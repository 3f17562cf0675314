/// Text of one file in blocks that end with a whole line, checked to be UTF-8 without NUL.
///
/// A byte order mark is stripped, and a last line without an end gets one.
struct BlockReader {
    private var stream: ByteStream
    private let limits: ImportLimits
    private var buffer: [UInt8]
    /// Bytes of `buffer` that hold text.
    private var count = 0
    /// Bytes of `buffer` known to be UTF-8.
    private var checked = 0
    /// Bytes of the contents in front of `buffer`.
    private var base = 0
    /// Whether everything has been read.
    private(set) var isAtEnd = false

    /// The text of `file`.
    init(_ file: ImportFile, limits: ImportLimits) throws(DatasetError) {
        stream = try ByteStream(file, limits: limits)
        self.limits = limits
        buffer = [UInt8](repeating: 0, count: blockBytes)
    }

    /// Bytes of the file read so far, as they lie on the disk.
    var fileBytesRead: Int { stream.offset }

    /// Hands the text at hand to `body`, which returns how many bytes of it are done with.
    mutating func consume(
        _ body: (Span<UInt8>) throws(DatasetError) -> Int
    ) throws(DatasetError) {
        let done = try body(buffer.span.extracting(0..<count))
        precondition(done >= 0 && done <= count, "\(done) bytes of \(count) done")
        buffer.withUnsafeMutableBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done..<count])
            bytes.copyMemory(from: rest)
        }
        count -= done
        checked -= done
        base += done
    }

    /// Reads until at least one more line is at hand, or the end.
    ///
    /// `line` is the number of the line that the text at hand begins with.
    mutating func fill(line: Int) throws(DatasetError) {
        let old = count
        while !isAtEnd {
            if count == buffer.count { try grow(line: line) }
            let room = count..<buffer.count
            let arrived = try readMore(room)
            count += arrived
            if arrived < room.count {
                isAtEnd = true
                endLastLine()
            }
            if base == 0, old == 0 { stripMark() }
            try check(line: line)
            if containsLineEnd(from: old) { return }
        }
    }

    /// Reads until `room` is full or the contents end, and returns the count.
    ///
    /// Gzip may come in members of one byte: whatever is done for each block must not be done for
    /// each of them.
    private mutating func readMore(_ room: Range<Int>) throws(DatasetError) -> Int {
        var stream = stream
        defer { self.stream = stream }
        var start = room.lowerBound
        while start < room.upperBound {
            let part = try buffer.withUnsafeMutableBufferPointer { bytes throws(DatasetError) in
                let rest = UnsafeMutableBufferPointer(rebasing: bytes[start..<room.upperBound])
                return try stream.read(into: UnsafeMutableRawBufferPointer(rest))
            }
            if part == 0 { break }
            start += part
        }
        return start - room.lowerBound
    }

    private mutating func grow(line: Int) throws(DatasetError) {
        guard buffer.count < limits.lineBytesMax else {
            throw DatasetError(
                .lineTooLong,
                "the line is longer than \(limits.lineBytesMax) bytes",
                file: stream.name,
                line: line
            )
        }
        let more = min(buffer.count, limits.lineBytesMax - buffer.count)
        buffer.append(contentsOf: repeatElement(0, count: more))
    }

    private mutating func endLastLine() {
        guard count > 0, buffer[count - 1] != newline else { return }
        if count == buffer.count { buffer.append(0) }
        buffer[count] = newline
        count += 1
    }

    private mutating func stripMark() {
        guard count >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF else { return }
        buffer.removeFirst(3)
        count -= 3
        base = 3
    }

    private func containsLineEnd(from start: Int) -> Bool {
        let bytes = buffer.span
        var i = count
        while i > start {
            i -= 1
            if bytes[i] == newline { return true }
        }
        return false
    }

    private mutating func check(line: Int) throws(DatasetError) {
        let scan = buffer.withUnsafeBytes { bytes in
            scanUTF8(UnsafeRawBufferPointer(rebasing: bytes[..<count]), from: checked)
        }
        checked = scan.end
        guard let bad = scan.invalid ?? (isAtEnd && scan.end < count ? scan.end : nil) else {
            return
        }
        let before = buffer[..<bad]
        let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
        throw DatasetError(
            .notUTF8,
            "byte \(hex(buffer[bad])) at offset \(base + bad) is not UTF-8 text",
            file: stream.name,
            line: line + before.count(where: { $0 == newline }),
            column: bad - start + 1,
            hint: encodingHint(bad: bad)
        )
    }

    private func encodingHint(bad: Int) -> String {
        let isStart = base == 0 && count >= 2
        if isStart, buffer[0] == 0xFF && buffer[1] == 0xFE || buffer[0] == 0xFE {
            return "it looks like UTF-16: iconv -f UTF-16 -t UTF-8"
        }
        if buffer[bad] == 0 { return "it looks like binary data or UTF-16" }
        return "if it is Latin-1: iconv -f ISO-8859-1 -t UTF-8"
    }
}

/// Large enough that refilling costs nothing, small enough for the second-level cache.
private let blockBytes = 256 << 10

let newline: UInt8 = 0x0A
let carriageReturn: UInt8 = 0x0D

private func hex(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16, uppercase: true)
    return text.count == 1 ? "0x0\(text)" : "0x\(text)"
}
