public import Domain
public import Wire

/// What one node answers another about registers.
///
/// | Bytes | Meaning |
/// |---|---|
/// | 1 | kind, the number of the case below from 1 |
/// | 16 | the sender's standing |
/// | … | list of (node, incarnation) |
/// | … | fields of the case, as `ByteWriter` writes them |
public struct RegisterReply: Hashable, Sendable {
    /// How far the sender's memory of its own votes reaches.
    public var standing: Standing
    /// The incarnations above 1 that the sender knows of other nodes.
    public var incarnations: [Incarnation]
    /// What is answered.
    public var body: Body

    /// What can be answered.
    public enum Body: Hashable, Sendable {
        /// The ballot is promised; this was accepted last.
        case promised(Proposal?)
        /// The proposal is accepted and on the disk.
        case accepted
        /// A higher ballot is promised already.
        case outbid(Ballot)
        /// This node may have forgotten votes and casts none until it has read the registers.
        case noVote
        /// This node goes by another member list.
        case otherMembers(MemberList)
        /// This node knows the run with other seats.
        case otherSeats(mine: Fingerprint, yours: Fingerprint)
        /// What is remembered of the asker, and whether this node votes.
        case standing(remembered: Standing, isVoting: Bool)
        /// The incarnation is remembered, as part of this.
        case claimed(remembered: Standing)
        /// A higher incarnation of the asker is remembered.
        case claimRefused(remembered: Standing)
        /// Registers in the order of their keys, and whether there are no more.
        case registers([Entry], isLast: Bool)
        /// The member list in force here.
        case members(MemberList)
    }

    /// A node's incarnation.
    public struct Incarnation: Hashable, Sendable {
        /// Whose it is.
        public var node: NodeID
        /// Number of times it was admitted.
        public var number: UInt64
    }

    /// A register and its state.
    public struct Entry: Hashable, Sendable {
        /// Which register.
        public var key: RegisterKey
        /// What the sender has on its disk.
        public var state: RegisterState
    }

    /// Most registers in one reply.
    static let entriesMax = 128
    /// Bytes of registers after which a reply takes no more of them.
    static let entryBytesMax = 1 << 20

    /// The reply as bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(kind)
        standing.write(into: &writer)
        writer.writeArray(incarnations) { writer, incarnation in
            writer.write(incarnation.node.text)
            writer.write(incarnation.number)
        }
        writeFields(into: &writer)
        return writer.bytes
    }

    private var kind: UInt8 {
        switch body {
        case .promised: 1
        case .accepted: 2
        case .outbid: 3
        case .noVote: 4
        case .otherMembers: 5
        case .otherSeats: 6
        case .standing: 7
        case .claimed: 8
        case .claimRefused: 9
        case .registers: 10
        case .members: 11
        }
    }

    private func writeFields(into writer: inout ByteWriter) {
        switch body {
        case .promised(let proposal):
            writer.writeOptional(proposal) { writer, proposal in
                proposal.ballot.write(into: &writer)
                proposal.value.write(into: &writer)
            }
        case .accepted, .noVote: break
        case .outbid(let ballot): ballot.write(into: &writer)
        case .otherMembers(let list), .members(let list): list.write(into: &writer)
        case .otherSeats(let mine, let yours):
            writer.write(mine.bits)
            writer.write(yours.bits)
        case .standing(let remembered, let isVoting):
            remembered.write(into: &writer)
            writer.write(isVoting)
        case .claimed(let remembered), .claimRefused(let remembered):
            remembered.write(into: &writer)
        case .registers(let entries, let isLast):
            writer.writeArray(entries) { writer, entry in
                entry.key.write(into: &writer)
                entry.state.write(into: &writer)
            }
            writer.write(isLast)
        }
    }

    init(standing: Standing, incarnations: [Incarnation], body: Body) {
        self.standing = standing
        self.incarnations = incarnations
        self.body = body
    }

    /// Reads what a peer claims to be a reply.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let kind = try reader.integer("kind of reply", as: UInt8.self)
        standing = try Standing(from: &reader)
        incarnations = try reader.array(
            "incarnations",
            limit: MemberList.countMax,
            itemBytes: 13
        ) { reader throws(WireError) in
            let node = try reader.node("node")
            return Incarnation(node: node, number: try reader.incarnation())
        }
        body = try Body(kind: kind, from: &reader)
        try reader.finish()
    }
}

extension RegisterReply.Body {
    init(kind: UInt8, from reader: inout ByteReader) throws(WireError) {
        switch kind {
        case 1: self = .promised(try reader.optional("accepted", Proposal.init(from:)))
        case 2: self = .accepted
        case 3: self = .outbid(try Ballot(from: &reader))
        case 4: self = .noVote
        case 5: self = .otherMembers(try MemberList(from: &reader))
        case 6:
            let mine = try reader.integer("fingerprint", as: UInt64.self)
            let yours = try reader.integer("fingerprint", as: UInt64.self)
            self = .otherSeats(mine: Fingerprint(bits: mine), yours: Fingerprint(bits: yours))
        case 7:
            let remembered = try Standing(from: &reader)
            self = .standing(remembered: remembered, isVoting: try reader.bool("voting"))
        case 8: self = .claimed(remembered: try Standing(from: &reader))
        case 9: self = .claimRefused(remembered: try Standing(from: &reader))
        case 10:
            let entries = try reader.array(
                "registers",
                limit: RegisterReply.entriesMax,
                itemBytes: 19,
                RegisterReply.Entry.init(from:)
            )
            self = .registers(entries, isLast: try reader.bool("last"))
        case 11: self = .members(try MemberList(from: &reader))
        default: throw .badValue(what: "kind of reply", value: "\(kind)")
        }
    }
}

extension RegisterReply.Entry {
    init(from reader: inout ByteReader) throws(WireError) {
        key = try RegisterKey(from: &reader)
        state = try RegisterState(from: &reader)
    }
}
