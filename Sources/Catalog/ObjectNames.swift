public import Domain
internal import GRDB

extension Database {
    /// The names of all files of a tenant that some row speaks of, checkpoints among them.
    public func objectNames(of tenant: TenantID) throws(CatalogError) -> Set<String> {
        try read { db in
            let names = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM object WHERE tenant = ?
                    UNION SELECT object FROM checkpoint WHERE tenant = ?
                    """,
                arguments: [tenant.text, tenant.text]
            )
            return Set(names)
        }
    }
}
