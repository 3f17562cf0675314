public import Domain
internal import Foundation
internal import GRDB

/// A file of this node: a shard, a model or a checkpoint.
public struct StoredObject: Hashable, Sendable {
    /// Whose it is.
    public var tenant: TenantID
    /// Its random name on the disk.
    public var id: String
    /// What it is.
    public var kind: Kind
    /// What it belongs to: the hash of a dataset version, or the id of a run.
    public var owner: String
    /// Index of the shard, generation of the model, step of the checkpoint.
    public var part: Int
    /// Its content hash.
    public var hash: ContentHash
    /// Its size.
    public var bytes: Int
    /// Whether this node is its first holder or a spare.
    public var role: Role
    /// Whether it is as it was committed.
    public var state: State
    /// Whether it must never be sent to another node.
    public var stays: Bool

    /// What a file is.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Rows of a dataset.
        case shard
        /// Parameters of a finished run.
        case model
        /// Parameters and state of a run on its way.
        case checkpoint
    }

    /// Which holder a node is.
    public enum Role: String, Codable, Sendable, CaseIterable {
        /// The first.
        case primary
        /// A spare.
        case replica
    }

    /// Whether a file is as it was committed.
    public enum State: String, Codable, Sendable, CaseIterable {
        /// As far as is known.
        case whole
        /// A hash did not match; kept for a look, never used.
        case damaged
    }

    /// A file with all its facts.
    public init(
        tenant: TenantID,
        id: String,
        kind: Kind,
        owner: String,
        part: Int,
        hash: ContentHash,
        bytes: Int,
        role: Role = .primary,
        state: State = .whole,
        stays: Bool = false
    ) {
        self.tenant = tenant
        self.id = id
        self.kind = kind
        self.owner = owner
        self.part = part
        self.hash = hash
        self.bytes = bytes
        self.role = role
        self.state = state
        self.stays = stays
    }

    /// A shard of a dataset.
    public init(
        shard: ShardDescription,
        of manifest: DatasetManifest,
        id: String,
        role: Role
    ) {
        self.init(
            tenant: manifest.tenant,
            id: id,
            kind: .shard,
            owner: manifest.version.description,
            part: shard.index,
            hash: shard.hash,
            bytes: shard.bytes,
            role: role,
            stays: manifest.isLocal
        )
    }
}

/// Files of this node.
extension Database {
    /// Notes a file that lies complete and synced on the disk.
    ///
    /// - Throws: `exists` where that name is taken.
    public func put(_ object: StoredObject) throws(CatalogError) {
        try write { db in
            let isTaken = try Bool.fetchOne(
                db,
                sql: "SELECT 1 FROM object WHERE id = ?",
                arguments: [object.id]
            )
            guard isTaken != true else {
                throw CatalogError.exists(noun: "object", name: object.id)
            }
            try db.execute(
                sql: """
                    INSERT INTO object
                    (tenant, id, kind, owner, part, hash, bytes, role, state, stays)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    object.tenant.text, object.id, object.kind.rawValue, object.owner,
                    object.part, Data(object.hash.bytes), object.bytes, object.role.rawValue,
                    object.state.rawValue, object.stays,
                ]
            )
        }
    }

    /// The caller's files of one owner on this node, in the order of their parts.
    public func objects(
        _ kind: StoredObject.Kind,
        of owner: String,
        for caller: Caller
    ) throws(CatalogError) -> [StoredObject] {
        try objects(
            "tenant = ? AND kind = ? AND owner = ?",
            [caller.tenant.text, kind.rawValue, owner]
        )
    }

    /// The intact file of a shard on this node.
    public func shard(
        _ index: Int,
        of version: ContentHash,
        for caller: Caller
    ) throws(CatalogError) -> StoredObject {
        let found = try objects(.shard, of: version.description, for: caller)
        guard let object = found.first(where: { $0.part == index && $0.state == .whole }) else {
            throw .notFound(noun: "shard on this node", name: "\(version.short)/\(index)")
        }
        return object
    }

    /// All files that a tenant has on this node.
    public func objects(of tenant: TenantID) throws(CatalogError) -> [StoredObject] {
        try objects("tenant = ?", [tenant.text])
    }

    /// Files of models that were removed for good.
    public func filesOfRemovedModels(of tenant: TenantID) throws(CatalogError) -> [StoredObject] {
        try objects(
            """
            tenant = ? AND kind = ? AND EXISTS (SELECT 1 FROM record
            WHERE record.tenant = object.tenant AND record.kind = ? AND record.key = ? || owner)
            """,
            [
                tenant.text, StoredObject.Kind.model.rawValue, RecordKind.grave.rawValue,
                "\(RecordKind.model.rawValue)/",
            ]
        )
    }

    /// Marks a file as damaged, or as whole again.
    public func mark(
        _ id: String,
        of tenant: TenantID,
        as state: StoredObject.State
    ) throws(CatalogError) {
        try write { db in
            try db.execute(
                sql: "UPDATE object SET state = ? WHERE tenant = ? AND id = ?",
                arguments: [state.rawValue, tenant.text, id]
            )
            guard db.changesCount == 1 else {
                throw CatalogError.notFound(noun: "object", name: id)
            }
        }
    }

    /// Forgets files; call it before they are unlinked, so that no row ever names a missing file.
    public func forget(_ ids: [String], of tenant: TenantID) throws(CatalogError) {
        try write { db in
            for id in ids {
                try db.execute(
                    sql: "DELETE FROM object WHERE tenant = ? AND id = ?",
                    arguments: [tenant.text, id]
                )
            }
        }
    }

    private func objects(
        _ condition: String,
        _ arguments: StatementArguments
    ) throws(CatalogError) -> [StoredObject] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT tenant, id, kind, owner, part, hash, bytes, role, state, stays
                    FROM object
                    WHERE \(condition) ORDER BY kind, owner, part, id
                    """,
                arguments: arguments
            ).map(StoredObject.init(row:))
        }
    }
}

extension StoredObject {
    init(row: Row) throws(CatalogError) {
        let (tenant, id, kind, owner): (String, String, String, String) =
            (row[0], row[1], row[2], row[3])
        let (role, state): (String, String) = (row[7], row[8])
        guard let tenant = TenantID(tenant), let kind = Kind(rawValue: kind),
            let role = Role(rawValue: role), let state = State(rawValue: state)
        else { throw .undecodable(noun: "object", name: id, reason: "a word means nothing") }
        let hash: Data = row[5]
        self.init(
            tenant: tenant,
            id: id,
            kind: kind,
            owner: owner,
            part: row[4],
            hash: ContentHash(bytes: Array(hash)),
            bytes: row[6],
            role: role,
            state: state,
            stays: row[9]
        )
    }
}
