public import Domain
internal import Wire

/// The first frame on a ring link, each way: binds it to a run, a generation and two seats.
///
/// TLS says which node is there; this says for what. The code at the end can only be made by who
/// knows the key of the run, and for this one TLS connection, whose exporter it covers; so a frame
/// of another run, of an earlier ring or of another connection is refused.
///
/// | Bytes | Meaning |
/// |---|---|
/// | 4 | magic, `DRH1` |
/// | text | run |
/// | 8 | generation |
/// | 4, 4 | seat of the sender, seat of the receiver |
/// | 32 | SHA-256 of the plan |
/// | 32 | HMAC-SHA256 under the key of the run over `signedBytes` |
public struct RingHello: Equatable, Sendable {
    /// The most bytes that an encoded one has.
    public static let encodedBytesMax = 4 + 4 + 64 + 8 + 8 + 32 + codeBytes
    private static let magic: UInt32 = 0x3148_5244
    private static let codeBytes = 32

    /// The run.
    public var run: RunID
    /// Which of its rings.
    public var generation: Generation
    /// Seat of who sends it.
    public var sender: Rank
    /// Seat of who receives it.
    public var receiver: Rank
    /// Digest of the plan that both agreed to.
    public var plan: ContentHash

    /// What one seat says to another.
    public init(
        run: RunID,
        generation: Generation,
        sender: Rank,
        receiver: Rank,
        plan: ContentHash
    ) {
        self.run = run
        self.generation = generation
        self.sender = sender
        self.receiver = receiver
        self.plan = plan
    }

    /// The frame that the other end has to answer with.
    public var answer: RingHello {
        RingHello(
            run: run,
            generation: generation,
            sender: receiver,
            receiver: sender,
            plan: plan
        )
    }

    /// What the authentication code is computed over.
    ///
    /// `exporter` is the TLS exporter of this connection under the label "distml-ring/1".
    public func signedBytes(exporter: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write("distml ring hello")
        writer.write(exporter)
        encodeFields(into: &writer)
        return writer.bytes
    }

    /// The frame's payload, `code` being the HMAC-SHA256 of `signedBytes`.
    /// - Precondition: `code` has 32 bytes.
    public func encoded(code: [UInt8]) -> [UInt8] {
        precondition(code.count == Self.codeBytes, "a code of \(code.count) bytes")
        var writer = ByteWriter()
        encodeFields(into: &writer)
        writer.writeRaw(code)
        return writer.bytes
    }

    /// What a payload claims, for finding the key to `verify` it with; until then believe nothing.
    public static func claim(in payload: [UInt8]) throws(RingHelloError) -> RingHello {
        try parse(payload).hello
    }

    /// Checks a payload that came from a peer.
    ///
    /// `authenticate` computes the HMAC-SHA256 of its argument under the key of the run.
    /// - Throws: `RingHelloError` unless the payload says exactly this hello and its code is right.
    public func verify(
        _ payload: [UInt8],
        exporter: [UInt8],
        authenticate: ([UInt8]) -> [UInt8]
    ) throws(RingHelloError) {
        let (claim, code) = try Self.parse(payload)
        // The code first: what is not authentic must not be able to make us name anything.
        let expected = authenticate(claim.signedBytes(exporter: exporter))
        guard isEqualInConstantTime(code, expected) else { throw .notAuthentic }
        guard claim == self else { throw .otherSeat(expected: self, claimed: claim) }
    }

    private func encodeFields(into writer: inout ByteWriter) {
        writer.write(Self.magic)
        writer.write(run.text)
        writer.write(generation.number)
        writer.write(UInt32(sender.index))
        writer.write(UInt32(receiver.index))
        writer.writeRaw(plan.bytes)
    }

    private static func parse(
        _ payload: [UInt8]
    ) throws(RingHelloError) -> (hello: RingHello, code: [UInt8]) {
        do throws(WireError) {
            return try decode(payload)
        } catch {
            throw .malformed(error.description)
        }
    }

    private static func decode(_ payload: [UInt8]) throws(WireError) -> (RingHello, [UInt8]) {
        var reader = ByteReader(payload)
        let magic: UInt32 = try reader.integer("hello magic")
        guard magic == Self.magic else {
            throw .badValue(what: "hello magic", value: "\(magic)")
        }
        let text = try reader.string("run", limit: 64)
        guard let run = RunID(text) else {
            throw .badValue(what: "run", value: "a text of \(text.utf8.count) bytes")
        }
        let generation = Generation(try reader.integer("generation"))
        let sender = Rank(Int(try reader.integer("sender", as: UInt32.self)))
        let receiver = Rank(Int(try reader.integer("receiver", as: UInt32.self)))
        let digest = try reader.raw("plan", count: 32)
        let code = try reader.raw("code", count: codeBytes)
        try reader.finish()
        let hello = RingHello(
            run: run,
            generation: generation,
            sender: sender,
            receiver: receiver,
            plan: ContentHash(bytes: digest)
        )
        return (hello, code)
    }
}

/// Why a link is not bound to this ring; the caller closes it.
public enum RingHelloError: Error, Equatable, CustomStringConvertible {
    /// The bytes are no hello.
    case malformed(String)
    /// The code is not that of this run's key on this connection.
    case notAuthentic
    /// It is authentic, but for another ring or seat.
    case otherSeat(expected: RingHello, claimed: RingHello)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .malformed(let reason): "not a hello of a ring: \(reason)"
        case .notAuthentic: "the hello was not made with the key of this run for this connection"
        case .otherSeat(let expected, let claimed):
            "the hello is for \(place(claimed)), expected was \(place(expected))"
        }
    }

    private func place(_ hello: RingHello) -> String {
        "run \(hello.run), generation \(hello.generation), "
            + "\(hello.sender) to \(hello.receiver), plan \(hello.plan)"
    }
}

/// Compares all bytes whatever the first ones are, so that the time taken tells nothing.
private func isEqualInConstantTime(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    guard first.count == second.count else { return false }
    var difference: UInt8 = 0
    for index in first.indices { difference |= first[index] ^ second[index] }
    return difference == 0
}
