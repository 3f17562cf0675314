import ControlAPI
import Domain

/// Who is alive, decided from what was heard and when; no I/O, no clock.
///
/// ```
///             connected                 silent for `suspect`
///   suspect ─────────────► alive ─────────────────────────────► suspect
///      │  ▲                  │  ▲                                  │ │ heard
///      │  └──────────────────┘  └──────────────────────────────────┼─┘
///      │      disconnected                                         │
///      │ no link within `grace`, or its host refuses            │ silent for `dead`
///      ▼                                                           ▼
///    dead ──connected──► alive                                   dead, and the link is dropped
/// ```
/// Times are nanoseconds of the monotonic clock.
struct Membership {
    enum Event: Equatable {
        /// A link stands and its peer has said who it is.
        case connected(NodeID)
        /// Anything came in over the link.
        case heard(NodeID)
        /// The link is gone.
        case disconnected(NodeID, reason: String)
        /// No link could be made; `isRefused` where the host said that nobody listens.
        case unreachable(NodeID, reason: String, isRefused: Bool)
        /// Time has passed.
        case tick
    }

    enum Action: Equatable {
        /// Close the link to a peer that is silent.
        case drop(NodeID, reason: String)
        /// The peer has another state now.
        case changed(NodeID, to: NodeState, reason: String?)
    }

    /// What is known of one peer.
    struct Member: Equatable {
        var state: NodeState
        /// Why it is not alive; nil while it is.
        var reason: String?
        /// Since when it has this state.
        var since: Int64
        var isConnected: Bool
        /// Whether it was ever reached: a cluster that is being started is not one that dies.
        var wasReached = false
        var lastHeard: Int64
        /// When it is dead unless it is heard before.
        fileprivate var limit: Int64
    }

    private(set) var members: [NodeID: Member]
    private let heartbeat: Configuration.Heartbeat

    init(peers: [NodeID], heartbeat: Configuration.Heartbeat, now: Int64) {
        self.heartbeat = heartbeat
        let member = Member(
            state: .suspect,
            reason: "not reached yet",
            since: now,
            isConnected: false,
            lastHeard: now,
            limit: now + heartbeat.dead.nanoseconds
        )
        members = Dictionary(uniqueKeysWithValues: peers.map { ($0, member) })
    }

    mutating func handle(_ event: Event, at now: Int64) -> [Action] {
        switch event {
        case .connected(let node), .heard(let node): return hear(node, event, at: now)
        case .disconnected(let node, let reason):
            guard var member = members[node], member.isConnected else { return [] }
            member.isConnected = false
            member.limit = now + grace
            members[node] = member
            // It stays dead where silence was the reason to hang up.
            return member.state == .dead ? [] : move(node, to: .suspect, reason, at: now)
        case .unreachable(let node, let reason, let isRefused):
            guard let member = members[node], !member.isConnected else { return [] }
            if isRefused, member.wasReached, member.state != .dead {
                return move(node, to: .dead, reason, at: now)
            }
            members[node]?.reason = reason
            return []
        case .tick: return members.keys.sorted().flatMap { tick($0, at: now) }
        }
    }

    /// How long a peer may be without a link before it is dead: time for one more try.
    private var grace: Int64 { min(1_000_000_000, heartbeat.dead.nanoseconds / 2) }

    private mutating func hear(_ node: NodeID, _ event: Event, at now: Int64) -> [Action] {
        guard var member = members[node] else { return [] }
        if event == .connected(node) { (member.isConnected, member.wasReached) = (true, true) }
        guard member.isConnected else { return [] }
        member.lastHeard = now
        members[node] = member
        return member.state == .alive ? [] : move(node, to: .alive, nil, at: now)
    }

    private mutating func tick(_ node: NodeID, at now: Int64) -> [Action] {
        guard let member = members[node], member.state != .dead else { return [] }
        guard member.isConnected else {
            guard now >= member.limit else { return [] }
            return move(node, to: .dead, member.reason, at: now)
        }
        let silence = now - member.lastHeard
        let reason = "silent for \(tenths(silence)) s"
        if silence >= heartbeat.dead.nanoseconds {
            return move(node, to: .dead, reason, at: now) + [.drop(node, reason: reason)]
        }
        if silence >= heartbeat.suspect.nanoseconds, member.state == .alive {
            return move(node, to: .suspect, reason, at: now)
        }
        return []
    }

    private mutating func move(
        _ node: NodeID,
        to state: NodeState,
        _ reason: String?,
        at now: Int64
    ) -> [Action] {
        members[node]?.reason = reason
        guard members[node]?.state != state else { return [] }
        members[node]?.state = state
        members[node]?.since = now
        return [.changed(node, to: state, reason: reason)]
    }
}

extension Duration {
    /// The whole nanoseconds in it.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// As seconds.
    var seconds: Double { Double(nanoseconds) / 1e9 }
}

private func tenths(_ nanoseconds: Int64) -> String {
    "\(nanoseconds / 1_000_000_000).\(nanoseconds / 100_000_000 % 10)"
}
