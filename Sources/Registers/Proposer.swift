public import Domain

/// What a client wants of a register.
public enum RegisterChange: Hashable, Sendable {
    /// Tell the value.
    case read
    /// Write, if the version is still this one; 0 where nothing was ever written.
    case write(expecting: UInt64, [UInt8])
    /// Write the same value again, so that a majority of the present voters holds it.
    case renew
}

/// Why no majority voted for an operation; the description is for the operator.
public struct NoMajority: Hashable, Sendable, CustomStringConvertible {
    /// Voters that did not answer, or have no vote at present.
    public var missing: [NodeID]
    /// Voters that go by another list of members, with its digest.
    public var disagreeing: [NodeID: Fingerprint]
    /// Digest of the list that this node goes by.
    public var fingerprint: Fingerprint

    /// One line for the operator.
    public var description: String {
        var parts: [String] = []
        if !missing.isEmpty {
            parts.append("no vote from " + missing.map(\.text).joined(separator: ", "))
        }
        for (node, theirs) in disagreeing.sorted(by: { $0.key < $1.key }) {
            parts.append("node \(node) has another member list (\(theirs), here \(fingerprint))")
        }
        return "no majority: " + (parts.isEmpty ? "outbid" : parts.joined(separator: "; "))
    }
}

/// What became of an operation.
public enum RegisterOutcome: Hashable, Sendable {
    /// It is done; the register now holds this (nil: never written).
    case committed(RegisterValue?)
    /// Nothing was written, because the version was another one.
    case conflict(RegisterValue?)
    /// Nothing was written, because no majority answered in time.
    case unavailable(NoMajority)
    /// No majority answered in time, and the value may or may not be written, now or later.
    ///
    /// It must be treated so: read the register before drawing any conclusion.
    case unknown(NoMajority)
}

/// One operation on one register, as the node that was asked for it drives it.
///
///     idle ──begin──► preparing ──majority promised──► accepting ──majority accepted──► done
///      ▲                  │            │ all hold the same, and that is the answer ──► done
///      └──no majority possible any more, or outbid──────┴── (the driver waits, then begins again)
///
/// A majority counts only if it is consistent about who forgot votes: a vote of a node's earlier
/// incarnation is void as soon as any counted voter knows of a later one.
/// Source: Rystsov, "CASPaxos: Replicated State Machines without logs", 2018, §2.2; Michael,
/// Ports, Sharma & Szekeres, "Recovering Shared Objects Without Stable Storage", DISC 2017, §4.
struct Proposer {
    enum Phase { case idle, preparing, accepting }

    /// A vote that counts for the present phase.
    private struct Vote {
        var node: NodeID
        var incarnation: UInt64
        var incarnations: [RegisterReply.Incarnation]
        var accepted: Proposal?
    }

    enum Step {
        case wait
        case accept(Proposal)
        case finish(RegisterOutcome)
        case fail
    }

    let id: OperationID
    let key: RegisterKey
    let electorate: Electorate
    let change: RegisterChange

    private(set) var phase = Phase.idle
    private(set) var ballot: Ballot
    private(set) var attempt = 0
    /// Number of the messages of the present phase; replies to others are stale.
    private(set) var request: UInt64 = 0
    /// Lists of voters, of each of which a majority is needed in the present phase.
    private(set) var voters: [[NodeID]] = []
    private(set) var trouble: NoMajority
    private var votes: [Vote] = []
    private var lost: [NodeID] = []
    private var highest: UInt64
    private var proposal: Proposal?
    /// Whether the client's own value was ever sent out to be accepted.
    private var wasProposed = false

    init(
        _ id: OperationID,
        _ key: RegisterKey,
        _ electorate: Electorate,
        _ change: RegisterChange
    ) {
        self.id = id
        self.key = key
        self.electorate = electorate
        self.change = change
        ballot = Ballot(counter: 0, node: id.node)
        highest = 0
        trouble = NoMajority(missing: [], disagreeing: [:], fingerprint: Fingerprint(bits: 0))
    }

    /// Begins an attempt with a ballot above `floor` and above all that outbid it before.
    mutating func begin(request: UInt64, above floor: UInt64, voters: [[NodeID]]) {
        highest = max(highest, floor) + 1
        ballot = Ballot(counter: highest, node: id.node)
        attempt += 1
        enter(.preparing, request: request, voters: voters)
        trouble = NoMajority(missing: [], disagreeing: [:], fingerprint: trouble.fingerprint)
    }

    /// Goes on to have `proposal` accepted.
    mutating func propose(_ proposal: Proposal, request: UInt64, voters: [[NodeID]]) {
        self.proposal = proposal
        if proposal.value.writer == id { wasProposed = true }
        enter(.accepting, request: request, voters: voters)
    }

    /// Gives up the present attempt.
    mutating func rest() { enter(.idle, request: 0, voters: []) }

    private mutating func enter(_ phase: Phase, request: UInt64, voters: [[NodeID]]) {
        self.phase = phase
        self.request = request
        self.voters = voters
        votes.removeAll(keepingCapacity: true)
        lost.removeAll(keepingCapacity: true)
    }

    /// What is to be said when there is no more time.
    var expired: RegisterOutcome {
        var trouble = trouble
        let heard = votes.map(\.node)
        for node in Set(voters.joined()).sorted()
        where !heard.contains(node) && !trouble.missing.contains(node)
            && trouble.disagreeing[node] == nil
        {
            trouble.missing.append(node)
        }
        return wasProposed ? .unknown(trouble) : .unavailable(trouble)
    }

    /// Takes a reply to the present phase; `known` is what this node knows of incarnations.
    mutating func take(
        _ reply: RegisterReply,
        from node: NodeID,
        known: [NodeID: Standing]
    ) -> Step {
        switch (phase, reply.body) {
        case (.preparing, .promised(let accepted)): return count(reply, node, accepted, known)
        case (.accepting, .accepted): return count(reply, node, nil, known)
        case (_, .outbid(let ballot)):
            highest = max(highest, ballot.counter)
            return lose(node)
        case (_, .otherMembers(let list)):
            trouble.disagreeing[node] = list.fingerprint
            return lose(node)
        case (_, .otherSeats(let mine, _)):
            trouble.disagreeing[node] = mine
            return lose(node)
        default: return miss(node)
        }
    }

    /// Takes the news that `node` will not answer.
    mutating func miss(_ node: NodeID) -> Step {
        if !trouble.missing.contains(node) { trouble.missing.append(node) }
        return lose(node)
    }

    /// Says by which list of voters this node goes.
    mutating func describe(_ fingerprint: Fingerprint) { trouble.fingerprint = fingerprint }

    private mutating func lose(_ node: NodeID) -> Step {
        guard phase != .idle, !votes.contains(where: { $0.node == node }) else { return .wait }
        if !lost.contains(node) { lost.append(node) }
        let isPossible = voters.allSatisfy { list in
            isMajority(list.count { !lost.contains($0) }, of: list.count)
        }
        return isPossible && !isEverybodyHeard ? .wait : .fail
    }

    private var isEverybodyHeard: Bool {
        votes.count + lost.count >= Set(voters.joined()).count
    }

    private mutating func count(
        _ reply: RegisterReply,
        _ node: NodeID,
        _ accepted: Proposal?,
        _ known: [NodeID: Standing]
    ) -> Step {
        guard !votes.contains(where: { $0.node == node }) else { return .wait }
        votes.append(
            Vote(
                node: node,
                incarnation: reply.standing.incarnation,
                incarnations: reply.incarnations,
                accepted: accepted
            )
        )
        let valid = votes.filter { !isVoid($0, known: known) }
        let hasMajority = voters.allSatisfy { list in
            isMajority(valid.count { list.contains($0.node) }, of: list.count)
        }
        guard hasMajority else { return isEverybodyHeard ? .fail : .wait }
        return phase == .preparing ? decide(valid.map(\.accepted)) : .finish(outcome)
    }

    private func isVoid(_ vote: Vote, known: [NodeID: Standing]) -> Bool {
        if let seen = known[vote.node], seen.incarnation > vote.incarnation { return true }
        return votes.contains { other in
            other.incarnations.contains {
                $0.node == vote.node && $0.number > vote.incarnation
            }
        }
    }

    /// What to do about the proposals that a majority accepted last.
    private func decide(_ accepted: [Proposal?]) -> Step {
        let latest = accepted.compactMap(\.self).max { $0.ballot < $1.ballot }
        let current = latest?.value
        // A member list needs a majority of its own members too, which nobody has counted here.
        let isChosen = key != .members && accepted.allSatisfy { $0?.ballot == latest?.ballot }
        if case .write(let expected, let bytes) = change, current?.writer != id,
            current?.version ?? 0 == expected
        {
            let value = RegisterValue(version: expected + 1, writer: id, bytes: bytes)
            return .accept(Proposal(ballot: ballot, value: value))
        }
        // Whatever is found may be there on a minority only: before it is told to anybody, a
        // majority must hold it.
        guard let current, !isChosen || change == .renew else { return .finish(outcome(current)) }
        return .accept(Proposal(ballot: ballot, value: current))
    }

    private var outcome: RegisterOutcome { outcome(proposal?.value) }

    private func outcome(_ value: RegisterValue?) -> RegisterOutcome {
        guard case .write(let expected, _) = change, value?.writer != id else {
            return .committed(value)
        }
        // An earlier attempt may have been completed by others who wrote again since.
        if wasProposed, (value?.version ?? 0) > expected + 1 { return .unknown(trouble) }
        return .conflict(value)
    }
}
