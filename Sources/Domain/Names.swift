/// A name that a person chose, checked on its bytes: `[a-z0-9][a-z0-9._-]{0,63}`.
///
/// Nothing that fails the check ever becomes a value of a conforming type, so a name can be
/// printed, compared and stored without a second look. It is never used to build a path.
public protocol NameValue: Hashable, Comparable, Codable, Sendable, CustomStringConvertible,
    LosslessStringConvertible
{
    /// What the name names, for messages: "node", "dataset".
    static var noun: String { get }

    /// The name itself.
    var text: String { get }

    /// Wraps `text`, which the caller has checked.
    init(checked text: String)
}

/// Why a text is not a name; `description` is one line for the person who typed it.
public struct NameError: Error, Equatable, CustomStringConvertible {
    /// What was to be named.
    public let noun: String
    /// What was given, made printable.
    public let text: String

    /// One line for the person who typed it.
    public var description: String {
        "\(noun) name '\(text)' is not allowed: use 1 to 64 of a-z, 0-9, '.', '_' and '-', "
            + "beginning with a letter or a digit"
    }
}

extension NameValue {
    /// Checks `text` byte by byte.
    public init(validating text: String) throws(NameError) {
        guard isName(text.utf8) else {
            let printable = text.unicodeScalars.prefix(64).map { $0.escaped(asASCII: true) }
            throw NameError(noun: Self.noun, text: printable.joined())
        }
        self.init(checked: text)
    }

    /// The name, or nil where the text is none.
    public init?(_ description: String) {
        guard isName(description.utf8) else { return nil }
        self.init(checked: description)
    }

    /// The name itself.
    public var description: String { text }

    /// Alphabetical order of the bytes.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    /// Decodes a string and checks it.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        try self.init(validating: text)
    }

    /// Encodes the bare string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Whether the bytes match `[a-z0-9][a-z0-9._-]{0,63}`.
public func isName(_ bytes: some Collection<UInt8>) -> Bool {
    guard let first = bytes.first, bytes.count <= 64, isLetterOrDigit(first) else { return false }
    return bytes.allSatisfy { isLetterOrDigit($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
}

/// A host that runs the daemon; its lasting name, the one in its certificate.
public struct NodeID: NameValue {
    /// For messages.
    public static let noun = "node"
    /// The name itself.
    public let text: String
    /// Wraps a checked name.
    public init(checked text: String) { self.text = text }
}

/// Who owns runs and datasets.
public struct TenantID: NameValue {
    /// For messages.
    public static let noun = "tenant"
    /// The only tenant until others are configured.
    public static let `default` = TenantID(checked: "default")
    /// The name itself.
    public let text: String
    /// Wraps a checked name.
    public init(checked text: String) { self.text = text }
}

/// What a tenant calls a dataset; unique within the tenant.
public struct DatasetName: NameValue {
    /// For messages.
    public static let noun = "dataset"
    /// The name itself.
    public let text: String
    /// Wraps a checked name.
    public init(checked text: String) { self.text = text }
}

/// What a tenant calls a model: the name of the run that made it, or that run's id.
public struct ModelName: NameValue {
    /// For messages.
    public static let noun = "model"
    /// The name itself.
    public let text: String
    /// Wraps a checked name.
    public init(checked text: String) { self.text = text }
}

/// The cluster's own name: the trust domain of its certificates.
public struct ClusterName: NameValue {
    /// For messages.
    public static let noun = "cluster"
    /// The name itself.
    public let text: String
    /// Wraps a checked name.
    public init(checked text: String) { self.text = text }
}

/// One run, for ever; short enough to type, such as `r-7k2m`.
public struct RunID: NameValue {
    /// For messages.
    public static let noun = "run"
    /// The id itself.
    public let text: String
    /// Wraps a checked id.
    public init(checked text: String) { self.text = text }

    /// A fresh id: `r-` and six of 32 unambiguous letters and digits, 30 random bits.
    public static func random(using generator: inout some RandomNumberGenerator) -> RunID {
        let alphabet = Array("abcdefghjkmnpqrstvwxyz0123456789")
        var bits = generator.next()
        var text = "r-"
        for _ in 0..<6 {
            text.append(alphabet[Int(bits & 31)])
            bits >>= 5
        }
        return RunID(checked: text)
    }
}

/// The spelling of a node's identity in its certificate: `spiffe://<cluster>/node/<name>`.
public func nodeURI(_ node: NodeID, in cluster: ClusterName) -> String {
    "spiffe://\(cluster.text)/node/\(node.text)"
}
