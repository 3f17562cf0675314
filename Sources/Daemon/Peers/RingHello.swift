import Domain
import TLSTransport
import Wire

/// The first frame on a ring link: which seam of which ring it is, proved by the run's own key.
///
/// | Field | As `ByteWriter` writes it |
/// |---|---|
/// | run | text |
/// | generation | UInt64 |
/// | from, to | UInt32, the ranks |
/// | plan | 32 bytes, SHA-256 of the plan |
/// | code | 32 bytes: HMAC-SHA256 under the run's key of the link's exporter and all the above |
///
/// The exporter ties the code to this very connection, so it cannot be forwarded to another.
struct RingHello: Hashable, Sendable {
    /// Kind of its frame.
    static let frameKind: UInt8 = 0x52
    /// Kind of the one-byte frame with which it is taken.
    static let takenKind: UInt8 = 0x53
    /// Longest frame that is looked at.
    static let bytesMax = 512

    /// The run.
    var run: RunID
    /// Which of its rings.
    var generation: Generation
    /// The seat that dials: its next is `to`.
    var from: Rank
    /// The seat that accepts.
    var to: Rank
    /// SHA-256 of the plan that both sides agreed to.
    var plan: ContentHash

    /// A seam of a ring.
    init(run: RunID, generation: Generation, from: Rank, to: Rank, plan: ContentHash) {
        self.run = run
        self.generation = generation
        self.from = from
        self.to = to
        self.plan = plan
    }

    /// The payload of the frame, with the code for the link that has `exporter`.
    func encoded(key: [UInt8], exporter: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        write(into: &writer)
        writer.writeRaw(code(key: key, exporter: exporter))
        return writer.bytes
    }

    /// Reads a payload; whether the code is right is seen when the key is known.
    static func decode(_ payload: [UInt8]) throws(WireError) -> (hello: RingHello, code: [UInt8]) {
        var reader = ByteReader(payload)
        let text = try reader.string("run", limit: 64)
        guard let run = RunID(text) else { throw .badValue(what: "run", value: "a text") }
        let generation = Generation(try reader.integer("generation"))
        let from: UInt32 = try reader.integer("from")
        let to: UInt32 = try reader.integer("to")
        let plan = ContentHash(bytes: try reader.raw("plan", count: 32))
        let code = try reader.raw("code", count: 32)
        try reader.finish()
        let hello = RingHello(
            run: run,
            generation: generation,
            from: Rank(Int(from)),
            to: Rank(Int(to)),
            plan: plan
        )
        return (hello, code)
    }

    /// HMAC-SHA256 under the run's key, for one link.
    func code(key: [UInt8], exporter: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.writeRaw(exporter)
        write(into: &writer)
        return hmacSHA256(key: key, message: writer.bytes)
    }

    /// What the exporter of the link is bound to.
    var exporterContext: [UInt8] {
        var writer = ByteWriter()
        writer.write(run.text)
        writer.write(generation.number)
        return writer.bytes
    }

    /// Label of the exporter.
    static let exporterLabel = "EXPORTER-distml-run-v1"

    private func write(into writer: inout ByteWriter) {
        writer.write(run.text)
        writer.write(generation.number)
        writer.write(UInt32(from.index))
        writer.write(UInt32(to.index))
        writer.writeRaw(plan.bytes)
    }
}
