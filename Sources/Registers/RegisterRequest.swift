public import Domain
public import Wire

/// What one node asks another about registers.
///
/// | Bytes | Meaning |
/// |---|---|
/// | 1 | kind, the number of the case below from 1 |
/// | 16 | the sender's standing |
/// | … | fields of the case, as `ByteWriter` writes them |
public struct RegisterRequest: Hashable, Sendable {
    /// How far the sender's memory of its own votes reaches.
    public var standing: Standing
    /// What is asked.
    public var body: Body

    /// What can be asked.
    public enum Body: Hashable, Sendable {
        /// Promise to accept nothing below `ballot`, and tell what you accepted last.
        case prepare(RegisterKey, Ballot, Scope)
        /// Accept a proposal.
        case accept(RegisterKey, Proposal, Scope)
        /// Tell what you have seen of my standing: I have just started.
        case standing
        /// Remember that I am now of this incarnation: I have no vote to forget.
        case claim(incarnation: UInt64)
        /// The same, and tell your registers behind this key: I forgot my votes.
        case registers(incarnation: UInt64, after: RegisterKey?)
        /// Take over this member list, if it is later than yours.
        case members(MemberList)
    }

    /// Who votes, as the proposer sees it.
    public enum Scope: Hashable, Sendable {
        /// The members, by number and digest of their list.
        case members(sequence: UInt64, Fingerprint)
        /// The seats of a run.
        case seats([NodeID])
    }

    /// Longest request and reply that this module writes.
    public static let bytesMax = 2 << 20

    /// A request of a node with this standing.
    public init(standing: Standing, body: Body) {
        self.standing = standing
        self.body = body
    }

    /// The request as bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        switch body {
        case .prepare: writer.write(1 as UInt8)
        case .accept: writer.write(2 as UInt8)
        case .standing: writer.write(3 as UInt8)
        case .claim: writer.write(4 as UInt8)
        case .registers: writer.write(5 as UInt8)
        case .members: writer.write(6 as UInt8)
        }
        standing.write(into: &writer)
        writeFields(into: &writer)
        return writer.bytes
    }

    private func writeFields(into writer: inout ByteWriter) {
        switch body {
        case .prepare(let key, let ballot, let scope):
            key.write(into: &writer)
            ballot.write(into: &writer)
            scope.write(into: &writer)
        case .accept(let key, let proposal, let scope):
            key.write(into: &writer)
            proposal.ballot.write(into: &writer)
            proposal.value.write(into: &writer)
            scope.write(into: &writer)
        case .standing: break
        case .claim(let incarnation): writer.write(incarnation)
        case .registers(let incarnation, let key):
            writer.write(incarnation)
            writer.writeOptional(key) { $1.write(into: &$0) }
        case .members(let list): list.write(into: &writer)
        }
    }

    /// Reads what a peer claims to be a request.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let kind = try reader.integer("kind of request", as: UInt8.self)
        standing = try Standing(from: &reader)
        switch kind {
        case 1:
            let key = try RegisterKey(from: &reader)
            let ballot = try Ballot(from: &reader)
            body = .prepare(key, ballot, try Scope(from: &reader))
        case 2:
            let key = try RegisterKey(from: &reader)
            let proposal = try Proposal(from: &reader)
            body = .accept(key, proposal, try Scope(from: &reader))
        case 3: body = .standing
        case 4: body = .claim(incarnation: try reader.incarnation())
        case 5:
            let incarnation = try reader.incarnation()
            let key = try reader.optional("key", RegisterKey.init(from:))
            body = .registers(incarnation: incarnation, after: key)
        case 6: body = .members(try MemberList(from: &reader))
        default: throw .badValue(what: "kind of request", value: "\(kind)")
        }
        try reader.finish()
    }
}

extension RegisterRequest.Scope {
    func write(into writer: inout ByteWriter) {
        switch self {
        case .members(let sequence, let fingerprint):
            writer.write(0 as UInt8)
            writer.write(sequence)
            writer.write(fingerprint.bits)
        case .seats(let nodes):
            writer.write(1 as UInt8)
            writer.write(nodes)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        switch try reader.integer("scope", as: UInt8.self) {
        case 0:
            let sequence = try reader.integer("member list's number", as: UInt64.self)
            let bits = try reader.integer("fingerprint", as: UInt64.self)
            self = .members(sequence: sequence, Fingerprint(bits: bits))
        case 1: self = .seats(try reader.nodes("seats"))
        case let other: throw .badValue(what: "scope", value: "\(other)")
        }
    }
}

extension ByteReader {
    /// Reads an incarnation that one can be added to.
    mutating func incarnation() throws(WireError) -> UInt64 {
        let number = try integer("incarnation", as: UInt64.self)
        guard number < 1 << 63 else { throw .badValue(what: "incarnation", value: "\(number)") }
        return number
    }
}
