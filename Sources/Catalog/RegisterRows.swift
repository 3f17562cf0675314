internal import Foundation
internal import GRDB

/// Something that the register protocol must not forget; opaque here.
public struct RegisterRow: Hashable, Sendable {
    /// What sort of thing it is.
    public var space: String
    /// Which one.
    public var key: String
    /// Its contents.
    public var value: [UInt8]

    /// A row with all its fields.
    public init(space: String, key: String, value: [UInt8]) {
        self.space = space
        self.key = key
        self.value = value
    }
}

/// What the register protocol must not forget, and facts about this node.
///
/// These are the cluster's and the node's own; no tenant ever sees them.
extension Database {
    /// Writes rows over what was there, all or none, and syncs.
    public func persist(_ rows: [RegisterRow]) throws(CatalogError) {
        try write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO register (space, key, value) VALUES (?, ?, ?)
                    ON CONFLICT (space, key) DO UPDATE SET value = excluded.value
                    """
            )
            for row in rows {
                try statement.execute(arguments: [row.space, row.key, Data(row.value)])
            }
        }
    }

    /// Every row, for the start.
    public func registerRows() throws(CatalogError) -> [RegisterRow] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT space, key, value FROM register").map { row in
                let value: Data = row[2]
                return RegisterRow(space: row[0], key: row[1], value: Array(value))
            }
        }
    }

    /// A fact about this node; nil where it was never set.
    public func fact(_ key: String) throws(CatalogError) -> [UInt8]? {
        try read { db in
            try Data.fetchOne(
                db,
                sql: "SELECT value FROM fact WHERE key = ?",
                arguments: [key]
            ).map { Array($0) }
        }
    }

    /// Sets a fact about this node.
    public func setFact(_ key: String, to value: [UInt8]) throws(CatalogError) {
        try write { try Self.setFact(key, to: value, in: $0) }
    }

    static func setFact(_ key: String, to value: [UInt8], in db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO fact (key, value) VALUES (?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value
                """,
            arguments: [key, Data(value)]
        )
    }
}
