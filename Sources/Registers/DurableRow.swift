internal import Domain
public import Wire

/// A record as a row of a table with two key columns and a blob.
///
/// | `space` | `key` | `value` |
/// |---|---|---|
/// | `register` | the register's key | its state |
/// | `peer` | the peer's name | incarnation and sequence number (UInt64 each) |
/// | `self` | `standing` | the same of this node, and the list of unread nodes |
/// | `self` | `members` | the member list |
public struct DurableRow: Hashable, Sendable {
    /// What sort of record it is.
    public var space: String
    /// Which one.
    public var key: String
    /// Its contents.
    public var value: [UInt8]

    /// A row as it was stored.
    public init(space: String, key: String, value: [UInt8]) {
        self.space = space
        self.key = key
        self.value = value
    }

    /// The row that keeps a record.
    public init(_ record: DurableRecord) {
        var writer = ByteWriter()
        switch record {
        case .register(let register, let state):
            (space, key) = ("register", register.text)
            state.write(into: &writer)
        case .peer(let node, let seen):
            (space, key) = ("peer", node.text)
            seen.write(into: &writer)
        case .standing(let own):
            (space, key) = ("self", "standing")
            own.standing.write(into: &writer)
            writer.write(own.unread)
        case .members(let list):
            (space, key) = ("self", "members")
            list.write(into: &writer)
        }
        value = writer.bytes
    }

    /// The record that the row keeps.
    public func record() throws(WireError) -> DurableRecord {
        var reader = ByteReader(value)
        let record = try record(from: &reader)
        try reader.finish()
        return record
    }

    private func record(from reader: inout ByteReader) throws(WireError) -> DurableRecord {
        switch (space, key) {
        case ("register", _):
            guard key.utf8.count <= RegisterKey.bytesMax else {
                throw .tooLong(
                    what: "register key",
                    count: UInt64(key.utf8.count),
                    limit: RegisterKey.bytesMax
                )
            }
            return .register(RegisterKey(key), try RegisterState(from: &reader))
        case ("peer", _):
            guard let node = NodeID(key) else { throw .badValue(what: "peer", value: "no name") }
            return .peer(node, try Standing(from: &reader))
        case ("self", "standing"):
            let standing = try Standing(from: &reader)
            let unread = try reader.nodes("unread nodes")
            return .standing(OwnStanding(standing: standing, unread: unread))
        case ("self", "members"): return .members(try MemberList(from: &reader))
        default: throw .badValue(what: "space of a row", value: "\(space)/\(key)")
        }
    }
}

extension DurableState {
    /// What the rows of a table hold.
    public init(_ rows: [DurableRow]) throws(WireError) {
        self.init()
        for row in rows { apply(try row.record()) }
    }
}
