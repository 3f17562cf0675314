public import Domain

/// Who is connected from where, so that one certificate on two hosts does not go unnoticed.
public struct LivePeers {
    /// What to do with a peer that has just proved who it is.
    public enum Verdict: Equatable, Sendable {
        /// It is new: keep it.
        case admitted
        /// It calls again from the same host: keep it, and close its older link.
        case replaced
        /// Another host speaks under this name: refuse it, and tell the operator both addresses.
        case duplicate(of: String)
    }

    private struct Presence {
        var host: String
        var links: Int
    }

    private var present: [NodeID: Presence] = [:]

    /// Nobody is there yet.
    public init() {}

    /// Judges a link that `node` opened from `host`; counts it unless it is a duplicate.
    public mutating func enter(_ node: NodeID, from host: String) -> Verdict {
        guard let presence = present[node] else {
            present[node] = Presence(host: host, links: 1)
            return .admitted
        }
        guard presence.host == host else { return .duplicate(of: presence.host) }
        present[node] = Presence(host: host, links: presence.links + 1)
        return .replaced
    }

    /// Takes back one link that was counted.
    ///
    /// - Precondition: `enter` counted it.
    public mutating func leave(_ node: NodeID) {
        guard let presence = present[node] else {
            preconditionFailure("no link of \(node) is counted")
        }
        present[node] =
            presence.links == 1 ? nil : Presence(host: presence.host, links: presence.links - 1)
    }
}
