public import Domain
internal import GRDB

/// What a node has learnt of one name, to be told to another node.
public struct KnownName: Hashable, Codable, Sendable {
    /// Whose name it is.
    public var tenant: TenantID
    /// The name.
    public var name: DatasetName
    /// The register's version at which it meant this.
    public var registerVersion: UInt64
    /// What it meant; nil is a tombstone.
    public var version: DatasetVersion?

    /// A name and its meaning.
    public init(
        tenant: TenantID,
        name: DatasetName,
        registerVersion: UInt64,
        version: DatasetVersion?
    ) {
        self.tenant = tenant
        self.name = name
        self.registerVersion = registerVersion
        self.version = version
    }
}

extension Database {
    /// All names of which this node has learnt, tombstones among them.
    public func knownNames() throws(CatalogError) -> [KnownName] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT tenant, name, register_version, key FROM name ORDER BY tenant, name"
            ).map(KnownName.init(row:))
        }
    }

    /// A digest of what this node has learnt of names: equal on nodes that have learnt the same.
    ///
    /// It saves sending the list, and decides nothing else.
    public func nameDigest() throws(CatalogError) -> UInt64 {
        if let nameDigestKept { return nameDigestKept }
        var digest = TextDigest()
        for known in try knownNames() {
            digest.add("\(known.tenant)/\(known.name)/\(known.registerVersion)")
        }
        nameDigestKept = digest.value
        return digest.value
    }

    /// Learns what another node knows of names; older news than our own is ignored.
    public func learn(_ names: [KnownName]) throws(CatalogError) {
        for known in names where try knownVersion(of: known) < known.registerVersion {
            try learn(
                known.name,
                of: known.tenant,
                means: known.version,
                registerVersion: known.registerVersion
            )
        }
    }

    private func knownVersion(of known: KnownName) throws(CatalogError) -> UInt64 {
        try knownVersion(of: known.name, tenant: known.tenant)
    }

    /// All dataset versions of a tenant that this node has heard of, whatever their names mean.
    public func datasetVersions(of tenant: TenantID) throws(CatalogError) -> [DatasetManifest] {
        try read { db in
            try decodeAll(
                DatasetManifest.self,
                "dataset",
                db,
                "SELECT body FROM record WHERE tenant = ? AND kind = 'dataset' ORDER BY key",
                [tenant.text]
            )
        }
    }
}

extension KnownName {
    init(row: Row) throws(CatalogError) {
        let (tenant, name): (String, String) = (row[0], row[1])
        let (registerVersion, key): (Int64, String?) = (row[2], row[3])
        guard let tenant = TenantID(tenant), let name = DatasetName(name) else {
            throw .undecodable(noun: "name", name: name, reason: "tenant or name is none")
        }
        self.init(
            tenant: tenant,
            name: name,
            registerVersion: UInt64(registerVersion),
            version: try key.map { text throws(CatalogError) in
                try DatasetVersion(recordKey: text)
            }
        )
    }
}

extension DatasetVersion {
    /// Reads back the key of a dataset's record: name, hash, bits of the moment.
    init(recordKey key: String) throws(CatalogError) {
        let parts = key.split(separator: "/")
        guard parts.count == 3, let hash = ContentHash(String(parts[1])),
            let bits = UInt64(parts[2])
        else { throw .undecodable(noun: "name", name: key, reason: "it is no dataset version") }
        self.init(hash: hash, addedAt: Double(bitPattern: bits))
    }
}
