internal import Wire

/// What a daemon says to its worker after the preamble.
///
/// | Kind | Payload |
/// |---|---|
/// | 1 start | UInt8 job kind, UInt64 bytes of memory or 0, UInt16 descriptors, then the payload |
/// | 2 reduced | UInt32 id |
/// | 3 confirmed | UInt32 id |
/// | 4 stop | nothing |
/// | 5 gathered | UInt32 id, array of UInt32 lengths |
///
/// The descriptors ride on the first byte of `start`, that of the memory first.
enum DaemonMessage: Equatable {
    case start(JobStart)
    case reduced(id: UInt32)
    case confirmed(id: UInt32)
    case stop
    case gathered(id: UInt32, lengths: [Int])

    /// What comes with the descriptors of a job.
    struct JobStart: Equatable {
        var kind: JobKind
        var memoryBytes: Int
        var descriptorCount: Int
        var payload: [UInt8]
    }

    /// Bytes of payload at most; a daemon is trusted, so it is only a guard against mistakes.
    static let limit = 256 << 20

    var frame: SeamFrame {
        var writer = ByteWriter()
        switch self {
        case .start(let start):
            writer.write(start.kind.rawValue)
            writer.write(UInt64(start.memoryBytes))
            writer.write(UInt16(start.descriptorCount))
            writer.writeRaw(start.payload)
            return SeamFrame(kind: 1, payload: writer.bytes)
        case .reduced(let id):
            writer.write(id)
            return SeamFrame(kind: 2, payload: writer.bytes)
        case .confirmed(let id):
            writer.write(id)
            return SeamFrame(kind: 3, payload: writer.bytes)
        case .stop: return SeamFrame(kind: 4, payload: [])
        case .gathered(let id, let lengths):
            writer.write(id)
            writer.writeArray(lengths) { writer, length in writer.write(UInt32(length)) }
            return SeamFrame(kind: 5, payload: writer.bytes)
        }
    }

    init(_ frame: SeamFrame) throws(WorkerError) {
        switch frame.kind {
        case 1: self = .start(try decode(frame.payload, readStart))
        case 2: self = .reduced(id: try decode(frame.payload, readID))
        case 3: self = .confirmed(id: try decode(frame.payload, readID))
        case 4: self = .stop
        case 5:
            let (id, lengths) = try decode(frame.payload, readGathered)
            self = .gathered(id: id, lengths: lengths)
        default: throw .unexpected(message: "kind \(frame.kind)")
        }
    }
}

private func readID(_ reader: inout ByteReader) throws(WireError) -> UInt32 {
    try reader.integer("id")
}

private func readGathered(
    _ reader: inout ByteReader
) throws(WireError) -> (UInt32, [Int]) {
    let id: UInt32 = try reader.integer("id")
    let lengths = try reader.array("lengths", limit: 4096, itemBytes: 4) {
        reader throws(WireError) in Int(try reader.integer("length", as: UInt32.self))
    }
    return (id, lengths)
}

private func readStart(_ reader: inout ByteReader) throws(WireError) -> DaemonMessage.JobStart {
    let raw: UInt8 = try reader.integer("kind of job")
    guard let kind = JobKind(rawValue: raw) else {
        throw .badValue(what: "kind of job", value: "\(raw)")
    }
    let memory: UInt64 = try reader.integer("size of the memory")
    let count: UInt16 = try reader.integer("count of descriptors")
    guard let memoryBytes = Int(exactly: memory) else {
        throw .badValue(what: "size of the memory", value: "\(memory)")
    }
    return DaemonMessage.JobStart(
        kind: kind,
        memoryBytes: memoryBytes,
        descriptorCount: Int(count),
        payload: try reader.raw("payload", count: reader.remaining)
    )
}
