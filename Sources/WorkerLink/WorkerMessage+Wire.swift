internal import Wire

/// What a frame from the worker is, and what its payload holds.
///
/// | Kind | Payload |
/// |---|---|
/// | 16 ready | UInt8 Landlock version, bool filter of calls |
/// | 17 refused | text |
/// | 18 reduce | UInt32 id, UInt8 operation, range |
/// | 19 progress | the bytes |
/// | 20 checkpoint | UInt32 id, byte string, array of ranges |
/// | 21 result | UInt32 zero, byte string, array of ranges |
/// | 22 failure | text code, text line, byte string |
/// | 23 log | UInt8 level, text |
/// | 24 gather | UInt32 id, UInt64 bytes of its own, range |
///
/// A range is UInt64 offset in bytes, UInt64 count, UInt8 element.
enum WorkerFrameKind: UInt8 {
    case ready = 16
    case refused
    case reduce
    case progress
    case checkpoint
    case result
    case failure
    case log
    case gather

    /// Bytes of payload at most.
    var limit: Int {
        switch self {
        case .ready, .reduce, .gather: 64
        case .refused, .log: textLimit + 16
        case .progress: 64 << 10
        case .failure: 128 << 10
        // The report of an import holds the categories of every column.
        case .checkpoint, .result: 16 << 20
        }
    }
}

private let textLimit = 4096
private let codeLimit = 64
private let rangesLimit = 64

extension WorkerMessage {
    /// Reads the payload of a frame and proves every range that it names.
    ///
    /// `memory` is what the ranges lie in, nil where the job has none.
    init(
        _ kind: WorkerFrameKind,
        payload: [UInt8],
        memory: SharedMemory?
    ) throws(WorkerError) {
        switch kind {
        case .ready: self = .ready(try decode(payload, readIsolation))
        case .refused: self = .refused(reason: try decode(payload, readText))
        case .progress: self = .progress(payload)
        case .failure: self = .failure(try decode(payload, readFailure))
        case .log: self = .log(try decode(payload, readLog))
        case .reduce:
            let (id, operation, claim) = try decode(payload, readReduce)
            let range = try prove(claim, memory)
            self = .reduce(ReduceRequest(id: id, range: range, operation: operation))
        case .gather: self = .gather(try readGather(payload, memory))
        case .checkpoint: self = .checkpoint(try readReport(payload, memory))
        case .result: self = .result(try readReport(payload, memory))
        }
    }
}

/// Reads all of `payload` with `body`.
func decode<Value>(
    _ payload: [UInt8],
    _ body: (inout ByteReader) throws(WireError) -> Value
) throws(WorkerError) -> Value {
    do throws(WireError) {
        var reader = ByteReader(payload)
        let value = try body(&reader)
        try reader.finish()
        return value
    } catch {
        throw .malformed(error)
    }
}

private func prove(
    _ claim: ClaimedRange,
    _ memory: SharedMemory?
) throws(WorkerError) -> SharedRange {
    guard let memory else {
        throw .outOfRange(offset: claim.byteOffset, bytes: claim.count, size: 0)
    }
    return try memory.range(offset: claim.byteOffset, count: claim.count, of: claim.element)
}

private func readGather(
    _ payload: [UInt8],
    _ memory: SharedMemory?
) throws(WorkerError) -> GatherRequest {
    let (id, own, claim) = try decode(payload) { reader throws(WireError) in
        let id: UInt32 = try reader.integer("id")
        let own: UInt64 = try reader.integer("bytes of its own")
        return (id, own, try ClaimedRange(from: &reader))
    }
    let range = try prove(claim, memory)
    guard range.element == .byte, own <= UInt64(range.count) else {
        throw .outOfRange(offset: claim.byteOffset, bytes: own, size: range.byteCount)
    }
    return GatherRequest(id: id, range: range, ownBytes: Int(own))
}

private func readReport(
    _ payload: [UInt8],
    _ memory: SharedMemory?
) throws(WorkerError) -> StateReport {
    let (id, metadata, claims) = try decode(payload) { reader throws(WireError) in
        let id: UInt32 = try reader.integer("id")
        let metadata = try reader.bytes("metadata", limit: payload.count)
        let claims = try reader.array(
            "ranges",
            limit: rangesLimit,
            itemBytes: ClaimedRange.byteCount,
            ClaimedRange.init(from:)
        )
        return (id, metadata, claims)
    }
    var state: [SharedRange] = []
    for claim in claims { state.append(try prove(claim, memory)) }
    return StateReport(id: id, metadata: metadata, state: state)
}

private func readIsolation(_ reader: inout ByteReader) throws(WireError) -> WorkerIsolation {
    let version: UInt8 = try reader.integer("version of landlock")
    let filters = try reader.bool("filter of calls")
    return WorkerIsolation(landlockVersion: Int(version), filtersCalls: filters)
}

private func readText(_ reader: inout ByteReader) throws(WireError) -> String {
    printable(try reader.string("text", limit: textLimit))
}

private func readFailure(_ reader: inout ByteReader) throws(WireError) -> WorkerFailure {
    let code = printable(try reader.string("code", limit: codeLimit))
    let message = try readText(&reader)
    let detail = try reader.bytes("detail", limit: reader.remaining)
    return WorkerFailure(code: code, message: message, detail: detail)
}

private func readLog(_ reader: inout ByteReader) throws(WireError) -> WorkerLogLine {
    let raw: UInt8 = try reader.integer("level")
    guard let level = WorkerLogLine.Level(rawValue: raw) else {
        throw .badValue(what: "level", value: "\(raw)")
    }
    return WorkerLogLine(level: level, text: try readText(&reader))
}

private func readReduce(
    _ reader: inout ByteReader
) throws(WireError) -> (UInt32, ReduceOperation, ClaimedRange) {
    let id: UInt32 = try reader.integer("id")
    let raw: UInt8 = try reader.integer("operation")
    guard let operation = ReduceOperation(rawValue: raw) else {
        throw .badValue(what: "operation", value: "\(raw)")
    }
    return (id, operation, try ClaimedRange(from: &reader))
}

extension WorkerMessage {
    /// The frame that says this.
    var frame: SeamFrame {
        var writer = ByteWriter()
        let kind: WorkerFrameKind
        switch self {
        case .ready(let isolation):
            kind = .ready
            writer.write(UInt8(clamping: isolation.landlockVersion))
            writer.write(isolation.filtersCalls)
        case .refused(let reason):
            kind = .refused
            writer.write(clipped(reason, to: textLimit))
        case .reduce(let request):
            kind = .reduce
            writer.write(request.id)
            writer.write(request.operation.rawValue)
            ClaimedRange(request.range).write(to: &writer)
        case .gather(let request):
            kind = .gather
            writer.write(request.id)
            writer.write(UInt64(request.ownBytes))
            ClaimedRange(request.range).write(to: &writer)
        case .progress(let bytes):
            kind = .progress
            writer.writeRaw(bytes)
        case .checkpoint(let report):
            kind = .checkpoint
            write(report, to: &writer)
        case .result(let report):
            kind = .result
            write(report, to: &writer)
        case .failure(let failure):
            kind = .failure
            writer.write(clipped(failure.code, to: codeLimit))
            writer.write(clipped(failure.message, to: textLimit))
            writer.write(failure.detail)
        case .log(let line):
            kind = .log
            writer.write(line.level.rawValue)
            writer.write(clipped(line.text, to: textLimit))
        }
        return SeamFrame(kind: kind.rawValue, payload: writer.bytes)
    }
}

private func write(_ report: StateReport, to writer: inout ByteWriter) {
    writer.write(report.id)
    writer.write(report.metadata)
    writer.writeArray(report.state) { writer, range in ClaimedRange(range).write(to: &writer) }
}

/// The text, cut so that it has at most `limit` bytes.
private func clipped(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    // A character cut in two becomes one of three bytes.
    return String(decoding: text.utf8.prefix(limit - 3), as: UTF8.self)
}
