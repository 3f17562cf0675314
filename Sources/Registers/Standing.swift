public import Domain
public import Wire

/// How far a node's memory of its own votes reaches.
public struct Standing: Hashable, Sendable {
    /// Number of times it was admitted after it had, or may have, forgotten votes.
    public var incarnation: UInt64
    /// Number of times it wrote a vote to its disk; never falls.
    public var sequence: UInt64

    /// Nothing.
    public static let none = Standing(incarnation: 0, sequence: 0)

    /// A standing with both numbers.
    public init(incarnation: UInt64, sequence: UInt64) {
        self.incarnation = incarnation
        self.sequence = sequence
    }

    /// Takes over what is higher in `other`; returns whether anything was.
    mutating func merge(_ other: Standing) -> Bool {
        let before = self
        incarnation = max(incarnation, other.incarnation)
        sequence = max(sequence, other.sequence)
        return self != before
    }

    func write(into writer: inout ByteWriter) {
        writer.write(incarnation)
        writer.write(sequence)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        incarnation = try reader.integer("incarnation")
        sequence = try reader.integer("sequence number")
        guard incarnation < 1 << 63, sequence < 1 << 63 else {
            throw .badValue(what: "standing", value: "\(incarnation).\(sequence)")
        }
    }
}

/// A node's own standing as its disk keeps it.
public struct OwnStanding: Hashable, Sendable {
    /// How far its memory reaches.
    public var standing: Standing
    /// Nodes whose registers it must still read, since it forgot votes; empty for an intact node.
    public var unread: [NodeID]

    /// A standing and what is missing from it.
    public init(standing: Standing, unread: [NodeID]) {
        self.standing = standing
        self.unread = unread
    }
}

/// What an acceptor has on its disk for one register.
public struct RegisterState: Hashable, Sendable {
    /// The seats that vote on it; nil for a register of the whole cluster.
    public var seats: [NodeID]?
    /// No ballot below this one is accepted any more.
    public var promised: Ballot
    /// The last proposal it accepted.
    public var accepted: Proposal?

    /// A state with all its fields.
    public init(seats: [NodeID]?, promised: Ballot, accepted: Proposal?) {
        self.seats = seats
        self.promised = promised
        self.accepted = accepted
    }

    /// Takes over what is later in `other`, as if its messages had come here too.
    mutating func merge(_ other: RegisterState) {
        promised = max(promised, other.promised)
        guard let theirs = other.accepted else { return }
        if let ours = accepted, ours.ballot >= theirs.ballot { return }
        accepted = theirs
    }

    /// Appends all fields.
    public func write(into writer: inout ByteWriter) {
        writer.writeOptional(seats) { $0.write($1) }
        promised.write(into: &writer)
        writer.writeOptional(accepted) { writer, proposal in
            proposal.ballot.write(into: &writer)
            proposal.value.write(into: &writer)
        }
    }

    /// Reads all fields.
    public init(from reader: inout ByteReader) throws(WireError) {
        seats = try reader.optional("seats") { reader throws(WireError) in
            try reader.nodes("seats")
        }
        promised = try Ballot(from: &reader)
        accepted = try reader.optional("accepted", Proposal.init(from:))
    }
}

extension Proposal {
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(ballot: try Ballot(from: &reader), value: try RegisterValue(from: &reader))
    }
}

/// One fact that must be on the disk before the actions that follow it are carried out.
public enum DurableRecord: Hashable, Sendable {
    /// A register's promise and accepted proposal.
    case register(RegisterKey, RegisterState)
    /// This node's own standing.
    case standing(OwnStanding)
    /// What this node has seen of another's standing.
    case peer(NodeID, Standing)
    /// The member list in force.
    case members(MemberList)
}

/// Everything that a node's disk holds for its registers; empty on a new node.
public struct DurableState: Sendable {
    /// Promises and accepted proposals.
    public var registers: [RegisterKey: RegisterState] = [:]
    /// Own standing; nil on a new node.
    public var standing: OwnStanding?
    /// What was seen of the others.
    public var peers: [NodeID: Standing] = [:]
    /// The last member list that was in force; nil before the first change.
    public var members: MemberList?

    /// A new node's state.
    public init() {}

    /// Writes one record over what was there.
    public mutating func apply(_ record: DurableRecord) {
        switch record {
        case .register(let key, let state): registers[key] = state
        case .standing(let own): standing = own
        case .peer(let node, let seen): peers[node] = seen
        case .members(let list): members = list
        }
    }
}
