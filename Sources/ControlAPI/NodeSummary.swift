public import Domain

/// What one node knows of another's state.
public enum NodeState: String, Codable, Sendable, CaseIterable {
    /// Its heartbeats arrive.
    case alive
    /// It has been silent for a while.
    case suspect
    /// It is gone.
    case dead
}

/// One node in a list, as the asked node sees it.
public struct NodeSummary: Codable, Hashable, Sendable {
    /// Its name.
    public var name: NodeID
    /// Alive or not.
    public var state: NodeState
    /// Why it is in that state; nil where there is nothing to explain.
    public var reason: String?
    /// Host and port of its peer interface.
    public var address: String
    /// Version of its daemon; nil before the first contact.
    public var version: String?
    /// Last round trip; nil for the asked node itself and where there was none.
    public var rttSeconds: Double?
    /// Days until its certificate ends; nil before the first contact.
    public var certificateDays: Double?
    /// Its clock less ours; nil where unknown.
    public var clockOffsetSeconds: Double?
    /// Whether it is the asked node.
    public var isLocal: Bool

    /// A node with all its fields.
    public init(
        name: NodeID,
        state: NodeState,
        reason: String? = nil,
        address: String,
        version: String? = nil,
        rttSeconds: Double? = nil,
        certificateDays: Double? = nil,
        clockOffsetSeconds: Double? = nil,
        isLocal: Bool
    ) {
        self.name = name
        self.state = state
        self.reason = reason
        self.address = address
        self.version = version
        self.rttSeconds = rttSeconds
        self.certificateDays = certificateDays
        self.clockOffsetSeconds = clockOffsetSeconds
        self.isLocal = isLocal
    }

    enum CodingKeys: String, CodingKey {
        case name, state, reason, address, version, rttSeconds, certificateDays
        case clockOffsetSeconds
        case isLocal = "local"
    }

    /// Encodes promised fields even where they are null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(state, forKey: .state)
        try container.encode(reason, forKey: .reason)
        try container.encode(address, forKey: .address)
        try container.encode(version, forKey: .version)
        try container.encode(rttSeconds, forKey: .rttSeconds)
        try container.encode(certificateDays, forKey: .certificateDays)
        try container.encode(clockOffsetSeconds, forKey: .clockOffsetSeconds)
        try container.encode(isLocal, forKey: .isLocal)
    }
}
