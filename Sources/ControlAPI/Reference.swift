internal import Domain

/// How a person points at what somebody started: its id, any unique beginning of it, its name, or
/// `@last`.
///
/// On the wire it is the bare text.
public struct Reference<Target>: Hashable, Codable, Sendable, CustomStringConvertible {
    /// As typed.
    public let text: String

    /// What was typed.
    public init(_ text: String) { self.text = text }

    /// What was typed.
    public var description: String { text }

    /// Whether the latest is meant, whichever that is.
    public var isLatest: Bool { text == "@last" }

    /// Decodes the bare text.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the bare text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// What was typed, without what would disturb a terminal.
    var printable: String {
        text.unicodeScalars.prefix(64).map { $0.escaped(asASCII: true) }.joined()
    }

    /// The one that is meant among those of the caller's tenant.
    ///
    /// An exact id wins, then a name (the latest of that name), then a beginning of one id, with or
    /// without its prefix. `@last` is the latest that `uid` started.
    /// - Throws: `.notFound`; `.badUsage` where several ids begin so, which are then named.
    func target<Found: Referable>(
        among targets: [Found],
        uid: UInt32
    ) throws(RPCError) -> Found {
        let words = Found.words
        func latest(_ candidates: [Found]) -> Found? {
            candidates.max { ($0.startedAt, $0.idText) < ($1.startedAt, $1.idText) }
        }
        if isLatest {
            if let target = latest(targets.filter { $0.starter == uid }) { return target }
            let what = "you have not started a \(words.noun)"
            throw RPCError(.notFound, what, hint: words.startHint)
        }
        if let target = targets.first(where: { $0.idText == text }) { return target }
        if let target = latest(targets.filter { $0.nameText == text }) { return target }
        let matches = targets.filter {
            !text.isEmpty
                && ($0.idText.hasPrefix(text) || $0.idText.hasPrefix(words.prefix + text))
        }
        if matches.count > 1 {
            let ids = matches.map(\.idText).sorted().prefix(5).joined(separator: ", ")
            throw RPCError(
                .badUsage,
                "'\(printable)' is the beginning of \(matches.count) \(words.noun)s: \(ids)",
                hint: "type one more letter"
            )
        }
        guard let target = matches.first else {
            let what = "no \(words.noun) is called '\(printable)'"
            throw RPCError(.notFound, what, hint: words.listHint)
        }
        return target
    }
}

/// What a reference may point at.
protocol Referable {
    /// Its id.
    var idText: String { get }
    /// Its name; nil for none.
    var nameText: String? { get }
    /// Seconds since 1970 at its start.
    var startedAt: Double { get }
    /// The user id of who started it.
    var starter: UInt32 { get }
    /// What such a thing is called.
    static var words: ReferenceWords { get }
}

/// How errors speak of what a reference may point at.
struct ReferenceWords {
    /// What it is called, in the singular.
    let noun: String
    /// What its ids begin with.
    let prefix: String
    /// How to start one.
    let startHint: String
    /// How to list them.
    let listHint: String
}
