import ControlAPI
import Domain

/// What this node knows of another one.
struct PeerView: Equatable, Sendable {
    /// Its name.
    var node: NodeID
    /// Alive or not.
    var state: NodeState
    /// Why it is not alive; nil while it is.
    var reason: String?
    /// Where its configuration says that it listens.
    var address: String
    /// Version of its daemon; nil until it was reached once.
    var version: String?
    /// Median round trip of the latest heartbeats, in seconds.
    var roundTrip: Double?
    /// Its wall clock minus ours, in seconds; off by at most half the round trip.
    var clockOffset: Double?
    /// End of its certificate's life, seconds since 1970.
    var certificateEnd: Int64?
    /// Its counters by the latest heartbeat.
    var counters: [String: UInt64]
}

/// A peer that is something else now.
struct PeerChange: Equatable, Sendable {
    /// Who.
    var node: NodeID
    /// What it is now.
    var state: NodeState
    /// Why it is not alive.
    var reason: String?
}

/// All that is known of all peers; plain data under the network's lock.
struct PeerTable {
    /// What becomes of a link whose peer has said hello.
    enum Verdict {
        case admitted([Membership.Action])
        /// The same daemon calls again; its older link is to be closed.
        case replaces(PeerSession, [Membership.Action])
        /// Another daemon has a living link under the same certificate, from `address`.
        case duplicate(address: String)
    }

    private(set) var membership: Membership
    private(set) var sessions: [NodeID: PeerSession] = [:]
    private var details: [NodeID: Details] = [:]
    private let addresses: [NodeID: String]
    private let suspectAfter: Int64

    private struct Details {
        var version: String?
        var certificateEnd: Int64?
        var samples: [ClockSample] = []
        var counters: [String: UInt64] = [:]
    }

    init(_ configuration: Configuration, now: Int64) {
        let peers = configuration.peers
        membership = Membership(
            peers: peers.map(\.name),
            heartbeat: configuration.heartbeat,
            now: now
        )
        addresses = Dictionary(uniqueKeysWithValues: peers.map { ($0.name, "\($0.address)") })
        suspectAfter = configuration.heartbeat.suspect.nanoseconds
    }

    func isMember(_ node: NodeID) -> Bool { addresses[node] != nil }

    /// Judges a session whose peer has proved who it is, and keeps it unless it is a duplicate.
    mutating func admit(_ session: PeerSession, at now: Int64) -> Verdict {
        let node = session.peer
        let older = sessions[node]
        if let older, older.hello.instance != session.hello.instance, older.end == nil,
            let member = membership.members[node], now - member.lastHeard < suspectAfter
        {
            return .duplicate(address: older.facts.address)
        }
        sessions[node] = session
        // Another process has another clock path and other counters.
        details[node] = Details(
            version: session.hello.version,
            certificateEnd: session.facts.notAfter
        )
        let actions = membership.handle(.connected(node), at: now)
        return older.map { .replaces($0, actions) } ?? .admitted(actions)
    }

    /// Forgets a session that has ended; nothing happens where a newer one took its place.
    mutating func remove(
        _ session: PeerSession,
        reason: String,
        at now: Int64
    ) -> [Membership.Action] {
        guard sessions[session.peer] === session else { return [] }
        sessions[session.peer] = nil
        details[session.peer]?.counters = [:]
        return membership.handle(.disconnected(session.peer, reason: reason), at: now)
    }

    mutating func handle(_ event: Membership.Event, at now: Int64) -> [Membership.Action] {
        membership.handle(event, at: now)
    }

    mutating func heard(_ session: PeerSession, at now: Int64) -> [Membership.Action] {
        guard sessions[session.peer] === session else { return [] }
        return membership.handle(.heard(session.peer), at: now)
    }

    mutating func note(_ sample: ClockSample, of session: PeerSession) {
        guard sessions[session.peer] === session else { return }
        let latest = (details[session.peer]?.samples ?? []).suffix(7)
        details[session.peer]?.samples = latest + [sample]
    }

    mutating func note(_ counters: [String: UInt64], of session: PeerSession) {
        guard sessions[session.peer] === session else { return }
        details[session.peer]?.counters = counters
    }

    /// Everybody else, in order of their names.
    var views: [PeerView] {
        membership.members.sorted { $0.key < $1.key }.map { node, member in
            let details = details[node] ?? Details()
            let samples = details.samples.sorted { $0.roundTrip < $1.roundTrip }
            return PeerView(
                node: node,
                state: member.state,
                reason: member.reason,
                address: addresses[node] ?? "",
                version: details.version,
                roundTrip: samples.isEmpty ? nil : samples[samples.count / 2].roundTrip,
                // The fastest exchange is the one that tells most.
                clockOffset: samples.first?.offset,
                certificateEnd: details.certificateEnd,
                counters: details.counters
            )
        }
    }
}
