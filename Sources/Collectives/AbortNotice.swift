internal import Domain
internal import Wire

/// What an abort frame carries: who is to blame, and the two headers if two ranks disagree.
///
/// | Bytes | Meaning |
/// |---|---|
/// | optional text | node |
/// | optional UInt32 | rank |
/// | optional UInt64 | step |
/// | text | reason, at most 1 KiB |
/// | optional 2 × 48 | headers of two ranks that disagree |
///
/// Coded as `ByteWriter` does.
struct AbortNotice: Equatable {
    static let encodedBytesMax = 2_048
    private static let reasonBytesMax = 1_024

    var cause: Cause
    var headers: Headers?

    struct Headers: Equatable {
        let first: CollectiveHeader
        let second: CollectiveHeader
    }

    /// What the other ranks are told of `error`.
    init(_ error: CollectiveError, own: Rank, step: Int?) {
        cause = error.cause(own: own, step: step)
        if case .disagreement(let first, let second) = error {
            headers = Headers(first: first, second: second)
        }
    }

    /// What the rank that receives it throws.
    var error: CollectiveError {
        guard let headers else { return .aborted(cause) }
        return .disagreement(headers.first, headers.second)
    }

    /// The frame, head included.
    func encodedFrame() -> [UInt8] {
        var body = ByteWriter()
        body.writeOptional(cause.node) { $0.write($1.text) }
        body.writeOptional(cause.rank) { $0.write(UInt32(clamping: $1.index)) }
        body.writeOptional(cause.step) { $0.write(UInt64(clamping: $1)) }
        body.write(Self.shortened(cause.reason))
        body.writeOptional(headers) { writer, headers in
            headers.first.encode(into: &writer)
            headers.second.encode(into: &writer)
        }
        var frame = ByteWriter()
        RingFrame(kind: .abort, length: body.bytes.count).encode(into: &frame)
        frame.writeRaw(body.bytes)
        return frame.bytes
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let node = try reader.optional("node") { reader throws(WireError) in
            let text = try reader.string("node", limit: 64)
            guard let node = NodeID(text) else {
                throw WireError.badValue(what: "node", value: "\(text.utf8.count) bytes")
            }
            return node
        }
        let rank = try reader.optional("rank") { reader throws(WireError) in
            Rank(Int(try reader.integer("rank", as: UInt32.self)))
        }
        let step = try reader.optional("step") { reader throws(WireError) in
            Int(clamping: try reader.integer("step", as: UInt64.self))
        }
        let reason = try reader.string("reason", limit: Self.reasonBytesMax)
        cause = Cause(node: node, rank: rank, step: step, reason: Self.printable(reason))
        headers = try reader.optional("headers") { reader throws(WireError) in
            Headers(
                first: try CollectiveHeader(from: &reader),
                second: try CollectiveHeader(from: &reader)
            )
        }
        try reader.finish()
    }

    /// A text from elsewhere that cannot move a terminal's cursor or forge a line of a log.
    private static func printable(_ text: String) -> String {
        let clean = text.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
        }
        return String(String.UnicodeScalarView(clean))
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > reasonBytesMax else { return text }
        var short = ""
        for character in text {
            guard short.utf8.count + character.utf8.count <= reasonBytesMax - 3 else { break }
            short.append(character)
        }
        return short + "…"
    }
}
