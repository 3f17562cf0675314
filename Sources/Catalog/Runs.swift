public import Domain
internal import Foundation
internal import GRDB

/// Runs as this node knows them.
extension Database {
    /// Obeys a run's plan from now on; what comes in a lower generation is refused afterwards.
    ///
    /// Call it before anything is done for the plan. The run may be new to this node.
    /// - Throws: `stale` where a higher generation is obeyed already; `ended` where this
    ///   generation has an outcome; `notFound` where the run was removed.
    public func obey(_ record: RunRecord) throws(CatalogError) {
        try write { db in
            try requireUnburied(record, db)
            let known = try header(of: record.id, db)
            if let known { try known.require(record, isNew: true) }
            try store(record, isFinal: false, db)
        }
    }

    /// Stores what is new of a run in the generation that this node obeys.
    ///
    /// - Throws: `stale`, `ended`, `notFound`.
    public func update(_ record: RunRecord) throws(CatalogError) {
        try write { db in
            guard let known = try header(of: record.id, db), known.tenant == record.tenant.text
            else { throw CatalogError.notFound(noun: "run", name: record.id.text) }
            try known.require(record, isNew: false)
            try store(record, isFinal: false, db)
        }
    }

    /// Stores the agreed end of a run's generation; from now on it never changes.
    ///
    /// - Throws: `changed` where another end of that generation is there already.
    public func finish(_ record: RunRecord) throws(CatalogError) {
        let id = RecordID(record)
        try write { db in
            if let old = try body(of: id, db) {
                let former = try Coding.decode(RunRecord.self, old, "run", id.key)
                guard former.result?.outcome == record.result?.outcome else {
                    throw CatalogError.changed(noun: "run", name: id.key)
                }
                return
            }
            try insert(CatalogRecord(id: id, body: Array(Coding.encode(record))), db)
        }
    }

    /// The generation of a run that this node obeys; nil where it does not know the run.
    public func generation(of run: RunID) throws(CatalogError) -> Generation? {
        try read { db in try header(of: run, db).map { Generation(UInt64($0.generation)) } }
    }

    /// One run of the caller.
    public func run(_ id: RunID, for caller: Caller) throws(CatalogError) -> RunRecord {
        let found = try runs("tenant = ? AND id = ?", [caller.tenant.text, id.text], limit: 1)
        guard let record = found.first else { throw .notFound(noun: "run", name: id.text) }
        return record
    }

    /// The caller's runs, the latest first.
    public func runs(for caller: Caller, limit: Int = 1_000) throws(CatalogError) -> [RunRecord] {
        try runs("tenant = ?", [caller.tenant.text], limit: limit)
    }

    /// Runs of all tenants without a final end: what a daemon has to look at when it starts.
    public func unfinishedRuns() throws(CatalogError) -> [RunRecord] {
        try runs("is_final = 0", [], limit: .max)
    }

    /// Removes a run of the caller for good, with its log, curve and list of checkpoints.
    ///
    /// Its grave reaches the other nodes as any record does. Files are not touched.
    public func remove(_ run: RunID, for caller: Caller) throws(CatalogError) {
        try write { db in
            guard let known = try header(of: run, db), known.tenant == caller.tenant.text else {
                throw CatalogError.notFound(noun: "run", name: run.text)
            }
            try bury(RecordID(kind: .run, tenant: caller.tenant, key: run.text), db)
        }
    }

    /// Shows an end that came from a peer, unless a later generation is known here.
    func showFinal(_ record: RunRecord, _ db: GRDB.Database) throws {
        if let known = try header(of: record.id, db) {
            guard known.tenant == record.tenant.text,
                known.generation <= Int64(record.plan.generation.number)
            else { return }
        }
        try store(record, isFinal: true, db)
    }

    private func runs(
        _ condition: String,
        _ arguments: StatementArguments,
        limit: Int
    ) throws(CatalogError) -> [RunRecord] {
        try read { db in
            try decodeAll(
                RunRecord.self,
                "run",
                db,
                """
                SELECT body FROM run WHERE \(condition)
                ORDER BY started_at DESC, id LIMIT \(limit)
                """,
                arguments
            ).map { record in
                guard record.model != nil else { return record }
                let model = RecordID(kind: .model, tenant: record.tenant, key: record.id.text)
                guard try isBuried(model, db) else { return record }
                // Removed since the run made it.
                var record = record
                record.model = nil
                return record
            }
        }
    }

    private func requireUnburied(_ record: RunRecord, _ db: GRDB.Database) throws {
        guard try !isBuried(RecordID(record), db) else {
            throw CatalogError.notFound(noun: "run", name: record.id.text)
        }
    }

    private func header(of run: RunID, _ db: GRDB.Database) throws -> RunHeader? {
        try Row.fetchOne(
            db,
            sql: "SELECT tenant, generation, is_final FROM run WHERE id = ?",
            arguments: [run.text]
        ).map { RunHeader(tenant: $0[0], generation: $0[1], isFinal: $0[2]) }
    }

    private func store(_ record: RunRecord, isFinal: Bool, _ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO run (tenant, id, generation, status, is_final, started_at, body)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET generation = excluded.generation,
                status = excluded.status, is_final = excluded.is_final, body = excluded.body
                """,
            arguments: [
                record.tenant.text, record.id.text, Int64(record.plan.generation.number),
                record.status.rawValue, isFinal, record.startedAt, try Coding.encode(record),
            ]
        )
    }
}

/// What decides whether a write for a run is obeyed.
private struct RunHeader {
    var tenant: String
    var generation: Int64
    var isFinal: Bool

    func require(_ record: RunRecord, isNew: Bool) throws(CatalogError) {
        guard tenant == record.tenant.text else {
            throw .exists(noun: "run", name: record.id.text)
        }
        let offered = record.plan.generation
        let obeyed = Generation(UInt64(generation))
        guard offered >= obeyed, isNew || offered == obeyed else {
            throw .stale(run: record.id, offered: offered, obeyed: obeyed)
        }
        guard !isFinal || offered > obeyed else {
            throw .ended(run: record.id, generation: offered)
        }
    }
}
