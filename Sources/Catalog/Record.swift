public import Domain
internal import Foundation
internal import GRDB

/// What kind of thing never changes once it is committed.
public enum RecordKind: String, Codable, CaseIterable, Sendable {
    /// A version of a dataset.
    case dataset
    /// A model.
    case model
    /// The end of one generation of a run.
    case run
    /// The mark of something that was removed; nothing of that key comes back.
    case grave
}

/// Which immutable record.
public struct RecordID: Hashable, Codable, Sendable, CustomStringConvertible {
    /// What it is.
    public var kind: RecordKind
    /// Whose it is.
    public var tenant: TenantID
    /// Its key among those of its kind and tenant.
    public var key: String

    /// A record's identity.
    public init(kind: RecordKind, tenant: TenantID, key: String) {
        self.kind = kind
        self.tenant = tenant
        self.key = key
    }

    /// Such as `default/model/r-7k2m`.
    public var description: String { "\(tenant)/\(kind.rawValue)/\(key)" }
}

/// An immutable record as nodes exchange it.
public struct CatalogRecord: Hashable, Codable, Sendable {
    /// Which one.
    public var id: RecordID
    /// The value as JSON; empty for a grave.
    public var body: [UInt8]

    /// A record received from a peer.
    public init(id: RecordID, body: [UInt8]) {
        self.id = id
        self.body = body
    }
}

/// Records as the daemons exchange them, of all tenants.
extension Database {
    /// Every immutable record that this node has, in order.
    public func recordIDs() throws(CatalogError) -> [RecordID] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT kind, tenant, key FROM record ORDER BY tenant, kind, key"
            ).map(RecordID.init(row:))
        }
    }

    /// A digest of what this node has: equal on nodes that have the same.
    ///
    /// Of the identities in order; it saves sending the list, and decides nothing else.
    public func recordDigest() throws(CatalogError) -> UInt64 {
        if let recordDigestKept { return recordDigestKept }
        var digest = TextDigest()
        for id in try recordIDs() { digest.add(id.description) }
        recordDigestKept = digest.value
        return digest.value
    }

    /// Those of `ids` that this node lacks and that no grave forbids.
    public func missing(among ids: [RecordID]) throws(CatalogError) -> [RecordID] {
        try read { db in
            try ids.filter { id in try !exists(id, db) && !isBuried(id, db) }
        }
    }

    /// Those of `ids` that this node has.
    public func records(_ ids: [RecordID]) throws(CatalogError) -> [CatalogRecord] {
        try read { db in
            try ids.compactMap { id in
                try Data.fetchOne(
                    db,
                    sql: "SELECT body FROM record WHERE tenant = ? AND kind = ? AND key = ?",
                    arguments: [id.tenant.text, id.kind.rawValue, id.key]
                ).map { CatalogRecord(id: id, body: Array($0)) }
            }
        }
    }

    /// Takes over what a peer sent; what is there already stays as it is.
    ///
    /// - Throws: `undecodable` where a body is not what its identity says; nothing is kept then.
    public func insert(_ records: [CatalogRecord]) throws(CatalogError) {
        try write { db in
            for record in records { try insert(record, db) }
        }
    }

    /// Digs a grave; the record is gone on this node, and on the others once they know of it.
    func bury(_ id: RecordID, _ db: GRDB.Database) throws {
        guard let grave = id.grave else { return }
        try insert(CatalogRecord(id: grave, body: []), db)
    }

    /// Reads the bodies that a query finds.
    func decodeAll<Value: Decodable>(
        _ type: Value.Type,
        _ noun: String,
        _ db: GRDB.Database,
        _ sql: String,
        _ arguments: StatementArguments
    ) throws -> [Value] {
        try Data.fetchAll(db, sql: sql, arguments: arguments).map {
            try Coding.decode(type, $0, noun, "")
        }
    }

    func insert(_ record: CatalogRecord, _ db: GRDB.Database) throws {
        recordDigestKept = nil
        let id = record.id
        guard try !exists(id, db), try !isBuried(id, db) else { return }
        let body = Data(record.body)
        let facts = try facts(of: id, body)
        try db.execute(
            sql: """
                INSERT INTO record (tenant, kind, key, name, time, body)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [id.tenant.text, id.kind.rawValue, id.key, facts.name, facts.time, body]
        )
        if id.kind == .grave { try empty(id, db) }
        if let run = facts.run { try showFinal(run, db) }
    }

    /// Name and time of a record, and the run that it ends; checks that body and identity agree.
    private func facts(
        of id: RecordID,
        _ body: Data
    ) throws(CatalogError) -> (name: String, time: Double, run: RunRecord?) {
        let found: RecordID
        let facts: (String, Double, RunRecord?)
        switch id.kind {
        case .dataset:
            let value = try Coding.decode(DatasetManifest.self, body, "dataset", id.key)
            (found, facts) = (RecordID(value), (value.name.text, value.addedAt, nil))
        case .model:
            let value = try Coding.decode(ModelManifest.self, body, "model", id.key)
            (found, facts) = (RecordID(value), (value.name.text, value.madeAt, nil))
        case .run:
            let value = try Coding.decode(RunRecord.self, body, "run", id.key)
            (found, facts) = (RecordID(value), (value.id.text, value.startedAt, value))
        case .grave: (found, facts) = (id, (id.key, 0, nil))
        }
        guard found == id else {
            throw .undecodable(noun: id.kind.rawValue, name: id.key, reason: "it is \(found)")
        }
        return facts
    }

    func exists(_ id: RecordID, _ db: GRDB.Database) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: "SELECT 1 FROM record WHERE tenant = ? AND kind = ? AND key = ?",
            arguments: [id.tenant.text, id.kind.rawValue, id.key]
        ) ?? false
    }

    /// Whether a grave forbids `id`.
    func isBuried(_ id: RecordID, _ db: GRDB.Database) throws -> Bool {
        guard let grave = id.grave else { return false }
        return try exists(grave, db)
    }

    /// Removes what lies in a grave.
    private func empty(_ grave: RecordID, _ db: GRDB.Database) throws {
        let parts = grave.key.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        // Exactly that key, or that run's generations.
        try db.execute(
            sql: """
                DELETE FROM record WHERE tenant = ? AND kind = ?
                AND (key = ? OR substr(key, 1, length(?) + 1) = ? || '/')
                """,
            arguments: [grave.tenant.text, parts[0], parts[1], parts[1], parts[1]]
        )
        guard parts[0] == RecordKind.run.rawValue else { return }
        try db.execute(
            sql: "DELETE FROM run WHERE tenant = ? AND id = ?",
            arguments: [grave.tenant.text, parts[1]]
        )
    }
}

extension RecordID {
    init(row: Row) throws(CatalogError) {
        let (kind, tenant): (String, String) = (row[0], row[1])
        guard let kind = RecordKind(rawValue: kind), let tenant = TenantID(tenant) else {
            throw .undecodable(noun: "record", name: row[2], reason: "kind or tenant is none")
        }
        self.init(kind: kind, tenant: tenant, key: row[2])
    }

    /// The record of a dataset version.
    ///
    /// The same rows may be added again under the same name after a removal, on other nodes: the
    /// moment tells the two apart.
    public init(_ manifest: DatasetManifest) {
        self.init(manifest.name, DatasetVersion(manifest), of: manifest.tenant)
    }

    /// The record of a dataset's name and version.
    public init(_ name: DatasetName, _ version: DatasetVersion, of tenant: TenantID) {
        self.init(
            kind: .dataset,
            tenant: tenant,
            key: "\(name)/\(version.hash)/\(version.addedAt.bitPattern)"
        )
    }

    /// The record of a model.
    public init(_ manifest: ModelManifest) {
        self.init(kind: .model, tenant: manifest.tenant, key: manifest.run.text)
    }

    /// The record of the end of a run's generation.
    public init(_ run: RunRecord) {
        self.init(kind: .run, tenant: run.tenant, key: "\(run.id)/\(run.plan.generation)")
    }

    /// The grave in which this record would lie; nil for a grave.
    ///
    /// All generations of a run share one.
    var grave: RecordID? {
        switch kind {
        case .grave: nil
        case .dataset, .model:
            RecordID(kind: .grave, tenant: tenant, key: "\(kind.rawValue)/\(key)")
        case .run:
            RecordID(
                kind: .grave,
                tenant: tenant,
                key: "\(kind.rawValue)/\(key.prefix { $0 != "/" })"
            )
        }
    }
}
