/// What is spoken on a link, with its version; agreed in the handshake (ALPN).
public struct ApplicationProtocol: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// Control between daemons.
    public static let rpc = ApplicationProtocol(checked: "distml-rpc/1")
    /// A link of a run's ring.
    public static let ring = ApplicationProtocol(checked: "distml-ring/1")

    /// The name on the wire.
    public let rawValue: String

    /// A protocol by its name of 1 to 255 bytes.
    public init?(rawValue: String) {
        guard (1...255).contains(rawValue.utf8.count) else { return nil }
        self.rawValue = rawValue
    }

    private init(checked rawValue: String) { self.rawValue = rawValue }

    /// The name on the wire.
    public var description: String { rawValue }
}

/// What one end offers or takes, and what the other offered; lives as long as its `SSL`.
final class Negotiation {
    /// Protocols as ALPN writes them: each behind one byte of length.
    let wire: UnsafeMutableBufferPointer<UInt8>
    /// What the peer offered, filled in while the handshake runs on the accepting side.
    var offered: [String] = []

    /// - Precondition: at least one protocol.
    init(_ protocols: [ApplicationProtocol]) {
        precondition(!protocols.isEmpty, "a link speaks some protocol")
        let bytes = protocols.flatMap { [UInt8($0.rawValue.utf8.count)] + Array($0.rawValue.utf8) }
        wire = .allocate(capacity: bytes.count)
        _ = wire.initialize(from: bytes)
    }

    deinit { wire.deallocate() }

    /// The protocols' names in an ALPN list, up to where it breaks off.
    static func names(in list: UnsafeBufferPointer<UInt8>) -> [String] {
        var names: [String] = []
        var offset = 0
        while offset < list.count {
            let end = offset + 1 + Int(list[offset])
            guard end <= list.count else { break }
            let bytes = list[offset + 1..<end].map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }
            names.append(String(decoding: bytes, as: UTF8.self))
            offset = end
        }
        return names
    }
}
