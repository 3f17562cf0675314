public import Domain
public import Wire

/// A proposer's claim to be the latest; unique, because only its node makes it and only once.
public struct Ballot: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Grows with every attempt that was outbid.
    public let counter: UInt64
    /// Whose claim it is; breaks ties.
    public let node: NodeID

    /// A ballot of `node`.
    public init(counter: UInt64, node: NodeID) {
        self.counter = counter
        self.node = node
    }

    /// Such as `7.b`.
    public var description: String { "\(counter).\(node)" }

    /// Order of the counters, then of the nodes.
    public static func < (left: Ballot, right: Ballot) -> Bool {
        left.counter == right.counter ? left.node < right.node : left.counter < right.counter
    }

    /// Appends counter and node.
    public func write(into writer: inout ByteWriter) {
        writer.write(counter)
        writer.write(node.text)
    }

    /// Reads counter and node.
    ///
    /// Counters of 2⁶³ and more are refused: no node can count so far, and adding one to what a
    /// peer claims must never overflow.
    public init(from reader: inout ByteReader) throws(WireError) {
        let counter = try reader.integer("ballot", as: UInt64.self)
        guard counter < 1 << 63 else { throw .badValue(what: "ballot", value: "\(counter)") }
        self.init(counter: counter, node: try reader.node("ballot's node"))
    }
}

/// One operation of one client, for ever; lets a proposer recognise its own write.
public struct OperationID: Hashable, Sendable {
    /// Where it was asked.
    public let node: NodeID
    /// Unique on that node: counts from a random number.
    public let number: UInt64

    /// The operation `number` of `node`.
    public init(node: NodeID, number: UInt64) {
        self.node = node
        self.number = number
    }
}

/// What a register holds after a write.
public struct RegisterValue: Hashable, Sendable {
    /// How many writes there have been, this one included; at least 1.
    public var version: UInt64
    /// Who wrote it.
    public var writer: OperationID
    /// What was written; a tombstone is one of its meanings and no special case here.
    public var bytes: [UInt8]

    /// Longest contents: 64 KiB.
    public static let bytesMax = 1 << 16

    /// A value with all its fields.
    public init(version: UInt64, writer: OperationID, bytes: [UInt8]) {
        self.version = version
        self.writer = writer
        self.bytes = bytes
    }

    /// Appends all fields.
    public func write(into writer: inout ByteWriter) {
        writer.write(version)
        writer.write(self.writer.node.text)
        writer.write(self.writer.number)
        writer.write(bytes)
    }

    /// Reads all fields.
    public init(from reader: inout ByteReader) throws(WireError) {
        version = try reader.integer("version")
        guard version > 0, version < 1 << 63 else {
            throw .badValue(what: "version", value: "\(version)")
        }
        let node = try reader.node("writer's node")
        writer = OperationID(node: node, number: try reader.integer("writer's number"))
        bytes = try reader.bytes("register value", limit: Self.bytesMax)
    }
}

/// A value under the ballot that proposed it.
public struct Proposal: Hashable, Sendable {
    /// The proposer's claim.
    public var ballot: Ballot
    /// What it proposed.
    public var value: RegisterValue

    /// A value under a ballot.
    public init(ballot: Ballot, value: RegisterValue) {
        self.ballot = ballot
        self.value = value
    }
}

extension ByteReader {
    /// Reads the name of a node.
    mutating func node(_ what: StaticString) throws(WireError) -> NodeID {
        let text = try string(what, limit: 64)
        guard let node = NodeID(text) else {
            throw .badValue(what: "\(what)", value: "\(text.utf8.count) bytes that are no name")
        }
        return node
    }

    /// Reads a list of names.
    mutating func nodes(_ what: StaticString) throws(WireError) -> [NodeID] {
        try array(what, limit: MemberList.countMax, itemBytes: 5) { reader throws(WireError) in
            try reader.node(what)
        }
    }
}

extension ByteWriter {
    /// Appends a list of names.
    mutating func write(_ nodes: [NodeID]) { writeArray(nodes) { $0.write($1.text) } }
}
