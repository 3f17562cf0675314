public import Domain
public import Wire

/// Which register: a text such as `dataset/default/digits`, `run/r-7k2m` or `members`.
public struct RegisterKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The text itself, at most `bytesMax` bytes of UTF-8.
    public let text: String

    /// Longest key: two names of 64 bytes and what stands before and between them, rounded up.
    public static let bytesMax = 192

    /// Wraps a text.
    /// - Precondition: at most `bytesMax` bytes.
    public init(_ text: String) {
        precondition(
            text.utf8.count <= Self.bytesMax,
            "a register key has at most \(Self.bytesMax) bytes, '\(text)' has \(text.utf8.count)"
        )
        self.text = text
    }

    /// The list of members.
    public static let members = RegisterKey("members")

    /// What a tenant's name for a dataset means.
    public static func dataset(_ name: DatasetName, of tenant: TenantID) -> RegisterKey {
        RegisterKey("dataset/\(tenant)/\(name)")
    }

    /// Coordinator, generation and outcome of a run.
    public static func run(_ run: RunID) -> RegisterKey { RegisterKey("run/\(run)") }

    /// The text itself.
    public var description: String { text }

    /// Order of the texts.
    public static func < (left: RegisterKey, right: RegisterKey) -> Bool { left.text < right.text }

    /// Appends the text.
    public func write(into writer: inout ByteWriter) { writer.write(text) }

    /// Reads a text of at most `bytesMax` bytes.
    public init(from reader: inout ByteReader) throws(WireError) {
        text = try reader.string("register key", limit: Self.bytesMax)
    }
}
