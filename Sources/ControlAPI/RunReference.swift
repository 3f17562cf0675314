public import Domain

/// How a person points at a run: its id, any unique beginning of it, its name, or `@last`.
public struct RunReference: Hashable, Codable, Sendable, CustomStringConvertible {
    /// As typed.
    public let text: String

    /// What was typed.
    public init(_ text: String) { self.text = text }

    /// What was typed.
    public var description: String { text }

    /// Decodes the bare text.
    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    /// Encodes the bare text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The run that is meant among those of the caller's tenant.
    ///
    /// An exact id wins, then a name (the latest run of that name), then a beginning of one id,
    /// with or without its `r-`. `@last` is the latest run that `uid` started.
    /// - Throws: `.notFound`; `.badUsage` where several ids begin so, which are then named.
    public func resolve(
        among records: [RunRecord],
        uid: UInt32
    ) throws(RPCError) -> RunRecord {
        func latest(_ candidates: [RunRecord]) -> RunRecord? {
            candidates.max { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
        }
        if text == "@last" {
            if let run = latest(records.filter({ $0.startedBy == uid })) { return run }
            throw RPCError(
                .notFound,
                "you have not started a run",
                hint: "start one with 'distmlctl run sgd --dataset NAME'"
            )
        }
        if let run = records.first(where: { $0.id.text == text }) { return run }
        if let run = latest(records.filter { $0.spec.name?.text == text }) { return run }
        let matches = records.filter {
            !text.isEmpty && ($0.id.text.hasPrefix(text) || $0.id.text.hasPrefix("r-" + text))
        }
        if matches.count > 1 {
            let ids = matches.map(\.id.text).sorted().prefix(5).joined(separator: ", ")
            throw RPCError(
                .badUsage,
                "'\(printable)' is the beginning of \(matches.count) runs: \(ids)",
                hint: "type one more letter"
            )
        }
        guard let run = matches.first else {
            throw RPCError(
                .notFound,
                "no run is called '\(printable)'",
                hint: "list them with 'distmlctl ps -a'"
            )
        }
        return run
    }

    /// What was typed, without what would disturb a terminal.
    var printable: String {
        text.unicodeScalars.prefix(64).map { $0.escaped(asASCII: true) }.joined()
    }
}
