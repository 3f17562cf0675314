/// The one form in which results are printed as JSON.
///
/// `{"schema":"distml/1","kind":…,"data":…}`; the last object of a stream has `"final":true`.
public struct Envelope<Contents: Codable & Sendable>: Codable, Sendable {
    /// `distml/1`.
    public var schema = envelopeSchema
    /// What `data` is, such as `run` or `node ls`.
    public var kind: String
    /// The contents.
    public var data: Contents
    /// True in the last object of a stream, absent elsewhere.
    public var final: Bool?

    /// Wraps `data`.
    public init(kind: String, data: Contents, final: Bool? = nil) {
        self.kind = kind
        self.data = data
        self.final = final
    }
}

/// The form in which an error is printed as JSON; it ends a stream as well.
public struct ErrorEnvelope: Encodable, Sendable {
    /// `distml/1`.
    public var schema = envelopeSchema
    /// `error`.
    public var kind = "error"
    /// What happened.
    public var error: Contents
    /// Nothing follows.
    public var final = true

    /// Wraps `error`.
    public init(_ error: RPCError) {
        self.error = Contents(
            code: error.code.rawValue,
            name: error.code.name,
            message: error.message,
            details: error.details
        )
    }

    /// An error with its code as number and as word.
    public struct Contents: Encodable, Sendable {
        /// The stable number.
        public var code: Int
        /// The same as a word.
        public var name: String
        /// What happened, one line.
        public var message: String
        /// Node, hint and the place in a file.
        public var details: RPCError.Details

        enum CodingKeys: CodingKey {
            case code, name, message, node, hint
        }

        /// Encodes promised fields even where they are null, the others where they are known.
        public func encode(to encoder: any Encoder) throws {
            try details.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(code, forKey: .code)
            try container.encode(name, forKey: .name)
            try container.encode(message, forKey: .message)
            try container.encode(details.node, forKey: .node)
            try container.encode(details.hint, forKey: .hint)
        }
    }
}

/// The version of everything printed as JSON: fields are added, none renamed or dropped.
public let envelopeSchema = "distml/1"
