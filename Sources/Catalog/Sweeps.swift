public import Domain
internal import Foundation
internal import GRDB

/// Sweeps that this node leads; their runs are records of their own, on every node.
extension Database {
    /// Stores a sweep as it is now.
    public func put(_ sweep: SweepRecord) throws(CatalogError) {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO sweep (tenant, id, is_active, started_at, body)
                    VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET is_active = excluded.is_active,
                    body = excluded.body
                    """,
                arguments: [
                    sweep.tenant.text, sweep.id.text, sweep.isActive, sweep.startedAt,
                    try Coding.encode(sweep),
                ]
            )
        }
    }

    /// The caller's sweeps that this node leads, the latest first.
    public func sweeps(for caller: Caller) throws(CatalogError) -> [SweepRecord] {
        try read { db in
            try decodeAll(
                SweepRecord.self,
                "sweep",
                db,
                "SELECT body FROM sweep WHERE tenant = ? ORDER BY started_at DESC, id LIMIT 1000",
                [caller.tenant.text]
            )
        }
    }

    /// Sweeps of all tenants that go on when the daemon starts.
    public func activeSweeps() throws(CatalogError) -> [SweepRecord] {
        try read { db in
            try decodeAll(
                SweepRecord.self,
                "sweep",
                db,
                "SELECT body FROM sweep WHERE is_active = 1 ORDER BY started_at",
                []
            )
        }
    }
}
