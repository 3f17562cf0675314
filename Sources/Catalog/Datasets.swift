public import Domain
internal import Foundation
internal import GRDB

/// Dataset versions and what names mean.
///
/// A version is stored before its name means it, and its name means it only when the register
/// says so: between the two it is listed nowhere.
extension Database {
    /// Stores a version; it is listed once its name means it.
    ///
    /// - Throws: `changed` where the same version is there with another manifest.
    public func put(_ manifest: DatasetManifest) throws(CatalogError) {
        try put(manifest, RecordID(manifest), "dataset", manifest.name.text)
    }

    func put<Value: Codable & Equatable>(
        _ value: Value,
        _ id: RecordID,
        _ noun: String,
        _ name: String
    ) throws(CatalogError) {
        try write { db in
            if let old = try body(of: id, db) {
                guard try Coding.decode(Value.self, old, noun, name) == value else {
                    throw CatalogError.changed(noun: noun, name: name)
                }
                return
            }
            try insert(CatalogRecord(id: id, body: Array(Coding.encode(value))), db)
        }
    }

    func body(of id: RecordID, _ db: GRDB.Database) throws -> Data? {
        try Data.fetchOne(
            db,
            sql: "SELECT body FROM record WHERE tenant = ? AND kind = ? AND key = ?",
            arguments: [id.tenant.text, id.kind.rawValue, id.key]
        )
    }

    /// Removes a version for good, such as one whose name was taken by somebody else.
    ///
    /// Its grave reaches the other nodes as any record does.
    public func bury(
        _ version: DatasetVersion,
        of name: DatasetName,
        tenant: TenantID
    ) throws(CatalogError) {
        try write { db in try bury(RecordID(name, version, of: tenant), db) }
    }

    /// Learns what a name means from the register's version `registerVersion`; nil is a tombstone.
    ///
    /// Older news than what is known is ignored.
    public func learn(
        _ name: DatasetName,
        of tenant: TenantID,
        means version: DatasetVersion?,
        registerVersion: UInt64
    ) throws(CatalogError) {
        let key = version.map { RecordID(name, $0, of: tenant).key }
        nameDigestKept = nil
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO name (tenant, name, register_version, key) VALUES (?, ?, ?, ?)
                    ON CONFLICT (tenant, name) DO UPDATE
                    SET register_version = excluded.register_version, key = excluded.key
                    WHERE excluded.register_version > register_version
                    """,
                arguments: [tenant.text, name.text, Int64(registerVersion), key]
            )
        }
    }

    /// The register version up to which this node knows a name's meaning; 0 where it knows none.
    public func knownVersion(
        of name: DatasetName,
        tenant: TenantID
    ) throws(CatalogError) -> UInt64 {
        try read { db in
            let version = try Int64.fetchOne(
                db,
                sql: "SELECT register_version FROM name WHERE tenant = ? AND name = ?",
                arguments: [tenant.text, name.text]
            )
            return UInt64(version ?? 0)
        }
    }

    /// The caller's datasets in the order of their names.
    public func datasets(for caller: Caller) throws(CatalogError) -> [DatasetManifest] {
        try datasets(of: caller.tenant)
    }

    /// A tenant's datasets in the order of their names.
    public func datasets(of tenant: TenantID) throws(CatalogError) -> [DatasetManifest] {
        try read { db in
            try decodeAll(
                DatasetManifest.self,
                "dataset",
                db,
                """
                SELECT record.body FROM name JOIN record
                ON record.tenant = name.tenant AND record.kind = 'dataset'
                AND record.key = name.key
                WHERE name.tenant = ? ORDER BY name.name
                """,
                [tenant.text]
            )
        }
    }

    /// What a name means to the caller.
    public func dataset(
        named name: DatasetName,
        for caller: Caller
    ) throws(CatalogError) -> DatasetManifest {
        let found = try read { db in
            try decodeAll(
                DatasetManifest.self,
                "dataset",
                db,
                """
                SELECT record.body FROM name JOIN record
                ON record.tenant = name.tenant AND record.kind = 'dataset'
                AND record.key = name.key
                WHERE name.tenant = ? AND name.name = ?
                """,
                [caller.tenant.text, name.text]
            )
        }
        guard let manifest = found.first else { throw .notFound(noun: "dataset", name: name.text) }
        return manifest
    }

    /// The latest manifest of the caller with these contents, whatever its name means by now.
    public func dataset(
        version: ContentHash,
        for caller: Caller
    ) throws(CatalogError) -> DatasetManifest {
        let found = try read { db in
            try decodeAll(
                DatasetManifest.self,
                "dataset",
                db,
                """
                SELECT body FROM record WHERE tenant = ? AND kind = 'dataset'
                AND key LIKE '%/' || ? || '/%' ORDER BY time DESC LIMIT 1
                """,
                [caller.tenant.text, version.description]
            )
        }
        guard let manifest = found.first else {
            throw .notFound(noun: "dataset version", name: version.short)
        }
        return manifest
    }

    /// Every tenant that owns anything here, in order.
    public func tenants() throws(CatalogError) -> [TenantID] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT tenant FROM record UNION SELECT tenant FROM name
                    UNION SELECT tenant FROM object UNION SELECT tenant FROM run ORDER BY 1
                    """
            ).compactMap { TenantID($0) }
        }
    }
}
