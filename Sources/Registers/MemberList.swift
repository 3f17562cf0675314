public import Domain
public import Wire

/// Why a list of members cannot become the next one.
public enum MemberError: Error, Equatable, CustomStringConvertible {
    /// The last change has not been carried to every register yet.
    case unsettled(sequence: UInt64)
    /// The node is a member already.
    case alreadyMember(NodeID)
    /// The node is no member.
    case notMember(NodeID)
    /// It is the only member.
    case lastMember(NodeID)
    /// There is no room for one more.
    case full(limit: Int)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .unsettled(let sequence): "member list \(sequence) is still being settled"
        case .alreadyMember(let node): "node \(node) is a member already"
        case .notMember(let node): "node \(node) is not a member"
        case .lastMember(let node): "node \(node) is the only member"
        case .full(let limit): "a cluster has at most \(limit) members"
        }
    }
}

/// A short digest of who takes part in a decision, for comparing lists and for the operator.
///
/// FNV-1a over 64 bits: it finds mistakes, not attacks; whoever sends it is a member with a
/// certificate and could as well lie about its votes.
/// Source: Fowler, Noll and Vo, RFC 9923.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The digest.
    public let bits: UInt64

    /// Wraps a digest.
    public init(bits: UInt64) { self.bits = bits }

    init(of text: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        bits = hash
    }

    /// 16 hexadecimal digits.
    public var description: String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Who votes on the registers of the cluster; changes by one node at a time.
///
/// Any majority of one list meets any majority of the list before and after it, because they
/// differ by one node. It does not meet the majorities of lists further away: hence a list must
/// be *settled*, every register rewritten under it, before the next change.
public struct MemberList: Hashable, Sendable, CustomStringConvertible {
    /// Number of changes since the list that the configuration gives.
    public let sequence: UInt64
    /// The members in order of their names.
    public let nodes: [NodeID]
    /// Whether every register has been rewritten under this list.
    public var isSettled: Bool
    /// Digest of sequence and nodes.
    public let fingerprint: Fingerprint

    /// Most members of a cluster.
    public static let countMax = 256

    /// The list that the configuration gives.
    public init(founding nodes: [NodeID]) {
        self.init(sequence: 0, nodes: nodes, isSettled: true)
    }

    init(sequence: UInt64, nodes: [NodeID], isSettled: Bool) {
        self.sequence = sequence
        self.nodes = Set(nodes).sorted()
        self.isSettled = isSettled
        fingerprint = Fingerprint(
            of: "\(sequence):" + self.nodes.map(\.text).joined(separator: ",")
        )
    }

    /// Such as `#2 a, b, c`.
    public var description: String {
        "#\(sequence) " + nodes.map(\.text).joined(separator: ", ")
    }

    /// The list with one member more.
    public func adding(_ node: NodeID) throws(MemberError) -> MemberList {
        guard isSettled else { throw .unsettled(sequence: sequence) }
        guard !nodes.contains(node) else { throw .alreadyMember(node) }
        guard nodes.count < Self.countMax else { throw .full(limit: Self.countMax) }
        return MemberList(sequence: sequence + 1, nodes: nodes + [node], isSettled: false)
    }

    /// The list with one member less.
    public func removing(_ node: NodeID) throws(MemberError) -> MemberList {
        guard isSettled else { throw .unsettled(sequence: sequence) }
        guard nodes.contains(node) else { throw .notMember(node) }
        guard nodes.count > 1 else { throw .lastMember(node) }
        return MemberList(
            sequence: sequence + 1,
            nodes: nodes.filter { $0 != node },
            isSettled: false
        )
    }

    /// Appends sequence, nodes and whether it is settled.
    public func write(into writer: inout ByteWriter) {
        writer.write(sequence)
        writer.write(nodes)
        writer.write(isSettled)
    }

    /// Reads what `write(into:)` wrote.
    public init(from reader: inout ByteReader) throws(WireError) {
        let sequence = try reader.integer("member list's number", as: UInt64.self)
        guard sequence < 1 << 63 else {
            throw .badValue(what: "member list's number", value: "\(sequence)")
        }
        self.init(
            sequence: sequence,
            nodes: try reader.nodes("members"),
            isSettled: try reader.bool("settled")
        )
    }

    /// The list as the value of its register.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        write(into: &writer)
        return writer.bytes
    }

    /// Reads the value of the register of members.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }
}

/// Whether `count` of `total` are more than half.
func isMajority(_ count: Int, of total: Int) -> Bool { 2 * count > total }

/// Who votes on one register.
public enum Electorate: Hashable, Sendable {
    /// The members of the cluster.
    case members
    /// The seats that a run had at its start, which never change.
    case seats([NodeID])
}
