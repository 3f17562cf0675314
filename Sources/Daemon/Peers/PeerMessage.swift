import Domain
import Transport
import Wire

/// What two daemons say to each other; one frame each, its kind the first column.
///
/// | Kind | Message | Payload (as `ByteWriter` writes it) |
/// |---|---|---|
/// | 1 | hello | version, instance, purpose |
/// | 2 | heartbeat | number, sender's wall clock, counters |
/// | 3 | heartbeat's answer | number, answerer's wall clock |
/// | 4 | call | id, method, payload |
/// | 5 | answer | id, payload |
/// | 6 | refusal | id, code, message |
/// | 7 | open | method, payload, bytes that follow (0 where they are asked for) |
/// | 8 | data | bytes |
/// | 9 | end | payload |
/// | 10 | withdrawal | id of a call that nobody waits for any longer |
enum PeerMessage: Equatable, Sendable {
    case hello(PeerHello)
    case heartbeat(number: UInt64, wallClock: Double, counters: [String: UInt64])
    case heartbeatAnswer(number: UInt64, wallClock: Double)
    case call(id: UInt64, method: String, payload: [UInt8])
    case answer(id: UInt64, payload: [UInt8])
    case refusal(id: UInt64, PeerRefusal)
    case open(method: String, payload: [UInt8], bytes: UInt64)
    case data([UInt8])
    case end(payload: [UInt8])
    case withdrawal(id: UInt64)

    /// Longest frame: a call with the largest record of the catalogue fits many times over.
    static let bytesMax = 4 << 20
    /// Bytes in one piece of an object.
    static let pieceBytes = 1 << 16

    var frame: Frame {
        var writer = ByteWriter()
        let kind = write(into: &writer)
        return Frame(kind: kind, payload: writer.bytes)
    }

    private func write(into writer: inout ByteWriter) -> UInt8 {
        switch self {
        case .hello(let hello):
            hello.write(into: &writer)
            return 1
        case .heartbeat(let number, let wallClock, let counters):
            writer.write(number)
            writer.write(wallClock)
            writer.writeArray(counters.sorted { $0.key < $1.key }) { writer, counter in
                writer.write(counter.key)
                writer.write(counter.value)
            }
            return 2
        case .heartbeatAnswer(let number, let wallClock):
            writer.write(number)
            writer.write(wallClock)
            return 3
        case .call(let id, let method, let payload):
            writer.write(id)
            writer.write(method)
            writer.write(payload)
            return 4
        case .answer(let id, let payload):
            writer.write(id)
            writer.write(payload)
            return 5
        case .refusal(let id, let refusal):
            writer.write(id)
            writer.write(Int64(refusal.code))
            writer.write(refusal.message)
            return 6
        case .open(let method, let payload, let bytes):
            writer.write(method)
            writer.write(payload)
            writer.write(bytes)
            return 7
        case .data(let bytes):
            writer.writeRaw(bytes)
            return 8
        case .end(let payload):
            writer.write(payload)
            return 9
        case .withdrawal(let id):
            writer.write(id)
            return 10
        }
    }

    init(_ frame: Frame) throws(WireError) {
        if frame.kind == 8 {
            self = .data(frame.payload)
            return
        }
        var reader = ByteReader(frame.payload)
        self = try Self.read(frame.kind, from: &reader)
        try reader.finish()
    }

    private static func read(
        _ kind: UInt8,
        from reader: inout ByteReader
    ) throws(WireError) -> PeerMessage {
        let limit = bytesMax
        switch kind {
        case 1: return .hello(try PeerHello(from: &reader))
        case 2: return try readHeartbeat(from: &reader)
        case 3:
            return .heartbeatAnswer(
                number: try reader.integer("number"),
                wallClock: try reader.double("wall clock")
            )
        case 4:
            return .call(
                id: try reader.integer("id"),
                method: try reader.string("method", limit: 64),
                payload: try reader.bytes("payload", limit: limit)
            )
        case 5:
            return .answer(
                id: try reader.integer("id"),
                payload: try reader.bytes("payload", limit: limit)
            )
        case 6:
            let id: UInt64 = try reader.integer("id")
            let code: Int64 = try reader.integer("code")
            let message = try reader.string("message", limit: 4_096)
            return .refusal(id: id, PeerRefusal(code: Int(code), message: message))
        case 7:
            return .open(
                method: try reader.string("method", limit: 64),
                payload: try reader.bytes("payload", limit: limit),
                bytes: try reader.integer("bytes")
            )
        case 9: return .end(payload: try reader.bytes("payload", limit: limit))
        case 10: return .withdrawal(id: try reader.integer("id"))
        default: throw .badValue(what: "message kind", value: "\(kind)")
        }
    }

    private static func readHeartbeat(
        from reader: inout ByteReader
    ) throws(WireError) -> PeerMessage {
        let number: UInt64 = try reader.integer("number")
        let wallClock = try reader.double("wall clock")
        let pairs = try reader.array("counters", limit: 1_024, itemBytes: 12) {
            reader throws(WireError) in
            (try reader.string("counter", limit: 64), try reader.integer("count", as: UInt64.self))
        }
        let counters = Dictionary(pairs) { _, last in last }
        return .heartbeat(number: number, wallClock: wallClock, counters: counters)
    }
}

/// The first message of each side of a control link.
struct PeerHello: Equatable, Sendable {
    /// What a connection is for.
    enum Purpose: UInt8 {
        /// The one control link of two nodes.
        case control
        /// One object, fetched.
        case fetch
        /// One object, pushed.
        case push
        /// A look whether the peer answers at all.
        case probe
    }

    /// Version of the daemon's program.
    var version: String
    /// Random at each start of a daemon: tells a reconnect from a second daemon with the same key.
    var instance: UInt64
    var purpose: Purpose

    func write(into writer: inout ByteWriter) {
        writer.write(version)
        writer.write(instance)
        writer.write(purpose.rawValue)
    }

    init(version: String, instance: UInt64, purpose: Purpose) {
        self.version = version
        self.instance = instance
        self.purpose = purpose
    }

    init(from reader: inout ByteReader) throws(WireError) {
        version = try reader.string("version", limit: 64)
        instance = try reader.integer("instance")
        let raw: UInt8 = try reader.integer("purpose")
        guard let purpose = Purpose(rawValue: raw) else {
            throw .badValue(what: "purpose", value: "\(raw)")
        }
        self.purpose = purpose
    }
}

/// A peer's no, with the reason it gave; its codes are those of `RPCError`.
struct PeerRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of no.
    var code: Int
    /// One line for the operator.
    var message: String

    /// A refusal as it will be sent.
    init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    /// The reason.
    var description: String { message }
}

/// Why a peer gave no answer, or not the one asked for.
enum PeerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It is no member of this cluster.
    case unknown(NodeID)
    /// There is no link to it.
    case unreachable(NodeID, reason: String)
    /// It did not answer in time.
    case timedOut(NodeID, method: String, limit: Duration)
    /// It said no.
    case refused(NodeID, PeerRefusal)
    /// What it sent is not what it should be.
    case malformed(NodeID, reason: String)
    /// Too much waits for it already.
    case busy(NodeID)
    /// Whoever asked does not want the answer any longer.
    case cancelled
    /// A file of ours could not be read or written on the way.
    case file(errno: Int32)

    /// One line for the operator.
    var description: String {
        switch self {
        case .unknown(let node): "\(node) is not a member of this cluster"
        case .unreachable(let node, let reason): "node \(node) cannot be reached: \(reason)"
        case .timedOut(let node, let method, let limit):
            "node \(node) did not answer \(method) within \(limit)"
        case .refused(let node, let refusal): "node \(node): \(refusal.message)"
        case .malformed(let node, let reason): "node \(node) sent something unreadable: \(reason)"
        case .busy(let node): "too many requests wait for node \(node)"
        case .cancelled: "cancelled"
        case .file(let errno): systemMessage(errno)
        }
    }
}
