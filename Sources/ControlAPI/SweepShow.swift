public import Domain

/// Shows everything known of one sweep.
public enum SweepShow: Method {
    /// The wire name.
    public static let name = "sweep.show"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// The document is that of the end of a sweep.
    public static let kind = "sweep"

    /// Which sweep.
    public struct Params: Codable, Sendable {
        /// As typed.
        public var sweep: SweepReference

        /// Asks for a sweep.
        public init(sweep: SweepReference) {
            self.sweep = sweep
        }
    }

    /// The sweep.
    public typealias Reply = SweepDocument
}

/// How a person points at a sweep: its id, any unique beginning of it, its name, or `@last`.
public struct SweepReference: Hashable, Codable, Sendable, CustomStringConvertible {
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

    /// The sweep that is meant among those of the caller's tenant.
    ///
    /// - Throws: `.notFound`; `.badUsage` where several ids begin so.
    public func resolve(
        among records: [SweepRecord],
        uid: UInt32
    ) throws(RPCError) -> SweepRecord {
        func latest(_ candidates: [SweepRecord]) -> SweepRecord? {
            candidates.max { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
        }
        if text == "@last", let last = latest(records.filter({ $0.startedBy.uid == uid })) {
            return last
        }
        if let sweep = records.first(where: { $0.id.text == text }) { return sweep }
        if let sweep = latest(records.filter { $0.spec.name?.text == text }) { return sweep }
        let matches = records.filter {
            !text.isEmpty && ($0.id.text.hasPrefix(text) || $0.id.text.hasPrefix("s-" + text))
        }
        if matches.count > 1 {
            throw RPCError(
                .badUsage,
                "'\(RunReference(text).printable)' is the beginning of \(matches.count) sweeps",
                hint: "type one more letter"
            )
        }
        guard let sweep = matches.first else {
            throw RPCError(
                .notFound,
                "no sweep is called '\(RunReference(text).printable)'",
                hint: "list them with 'distmlctl sweep ls'"
            )
        }
        return sweep
    }
}
