import Catalog
import Domain
import Registers
import Wire

/// The register service's promises in the catalogue's file.
///
/// | Space | Key | Value, as `ByteWriter` writes it |
/// |---|---|---|
/// | `register` | the register's | its state |
/// | `standing` | empty | incarnation, sequence, list of nodes still to be read |
/// | `peer` | the node's name | incarnation, sequence |
/// | `members` | empty | the member list |
struct CatalogJournal: RegisterJournal {
    private let database: Database

    /// A journal with a connection of its own, because it lives on a thread of its own.
    init(_ database: Database) { self.database = database }

    func load() throws(RegisterJournalError) -> DurableState {
        let rows: [RegisterRow]
        do throws(CatalogError) {
            rows = try database.registerRows()
        } catch {
            throw RegisterJournalError(description: "\(error)")
        }
        var state = DurableState()
        for row in rows {
            do throws(WireError) {
                state.apply(try Self.record(row))
            } catch {
                // A vote that cannot be read is a vote forgotten; nothing may be guessed.
                throw RegisterJournalError(description: "\(row.space) '\(row.key)': \(error)")
            }
        }
        return state
    }

    func persist(_ records: [DurableRecord]) throws(RegisterJournalError) {
        do throws(CatalogError) {
            try database.persist(records.map(Self.row))
        } catch {
            throw RegisterJournalError(description: "\(error)")
        }
    }

    static func row(_ record: DurableRecord) -> RegisterRow {
        var writer = ByteWriter()
        switch record {
        case .register(let key, let state):
            state.write(into: &writer)
            return RegisterRow(space: "register", key: key.text, value: writer.bytes)
        case .standing(let own):
            write(own.standing, into: &writer)
            writer.writeArray(own.unread) { $0.write($1.text) }
            return RegisterRow(space: "standing", key: "", value: writer.bytes)
        case .peer(let node, let standing):
            write(standing, into: &writer)
            return RegisterRow(space: "peer", key: node.text, value: writer.bytes)
        case .members(let list):
            return RegisterRow(space: "members", key: "", value: list.bytes)
        }
    }

    static func record(_ row: RegisterRow) throws(WireError) -> DurableRecord {
        var reader = ByteReader(row.value)
        let record = try read(row, from: &reader)
        try reader.finish()
        return record
    }

    private static func read(
        _ row: RegisterRow,
        from reader: inout ByteReader
    ) throws(WireError) -> DurableRecord {
        switch row.space {
        case "register":
            guard row.key.utf8.count <= RegisterKey.bytesMax else { break }
            return .register(RegisterKey(row.key), try RegisterState(from: &reader))
        case "standing":
            let standing = try readStanding(from: &reader)
            let unread = try reader.array(
                "unread",
                limit: MemberList.countMax,
                itemBytes: 5
            ) { reader throws(WireError) in
                try node(try reader.string("node", limit: 64))
            }
            return .standing(OwnStanding(standing: standing, unread: unread))
        case "peer": return .peer(try node(row.key), try readStanding(from: &reader))
        case "members": return .members(try MemberList(from: &reader))
        default: break
        }
        throw .badValue(what: "space of a register row", value: row.space)
    }

    private static func node(_ text: String) throws(WireError) -> NodeID {
        guard let node = NodeID(text) else { throw .badValue(what: "node", value: text) }
        return node
    }

    private static func write(_ standing: Standing, into writer: inout ByteWriter) {
        writer.write(standing.incarnation)
        writer.write(standing.sequence)
    }

    private static func readStanding(
        from reader: inout ByteReader
    ) throws(WireError) -> Standing {
        Standing(
            incarnation: try reader.integer("incarnation"),
            sequence: try reader.integer("sequence")
        )
    }
}
