public import Domain
internal import Foundation
internal import GRDB

/// One line of a run's log.
public struct RunLogLine: Hashable, Codable, Sendable {
    /// Seconds since 1970 by the clock of its node.
    public var time: Double
    /// Who wrote it.
    public var node: NodeID
    /// How grave it is: `debug`, `info`, `notice`, `warning`, `error`.
    public var level: String
    /// What it says.
    public var text: String

    /// A line of a log.
    public init(time: Double, node: NodeID, level: String, text: String) {
        self.time = time
        self.node = node
        self.level = level
        self.text = text
    }
}

/// A checkpoint of a run on this node.
public struct RunCheckpoint: Hashable, Sendable {
    /// In which generation it was made.
    public var generation: Generation
    /// Steps that were finished.
    public var step: Int
    /// The file's random name.
    public var object: String
    /// The file's content hash, the same on every rank.
    public var hash: ContentHash
    /// The file's size.
    public var bytes: Int

    /// A checkpoint with all its fields.
    public init(
        generation: Generation,
        step: Int,
        object: String,
        hash: ContentHash,
        bytes: Int
    ) {
        self.generation = generation
        self.step = step
        self.object = object
        self.hash = hash
        self.bytes = bytes
    }
}

/// Logs, curves and checkpoints of runs.
extension Database {
    /// Lines kept of one run on one node; the oldest go first.
    public static let linesMax = 10_000
    /// Points kept of one run's curve; beyond it every other point is dropped.
    public static let pointsMax = 2_000

    /// Appends a line to the log of a run that this node knows.
    public func append(
        _ line: RunLogLine,
        to run: RunID,
        of tenant: TenantID
    ) throws(CatalogError) {
        try write { db in
            try require(run, of: tenant, db)
            try db.execute(
                sql: """
                    INSERT INTO run_line (tenant, run, time, node, level, text)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    tenant.text, run.text, line.time, line.node.text, line.level, line.text,
                ]
            )
            try db.execute(
                sql: """
                    DELETE FROM run_line WHERE number <= (SELECT number FROM run_line
                    WHERE run = ? ORDER BY number DESC LIMIT 1 OFFSET ?) AND run = ?
                    """,
                arguments: [run.text, Self.linesMax, run.text]
            )
        }
    }

    /// The lines of a run of the caller on this node, the oldest first; the last `tail` of them.
    public func lines(
        of run: RunID,
        tail: Int? = nil,
        for caller: Caller
    ) throws(CatalogError) -> [RunLogLine] {
        try read { db in
            try require(run, of: caller.tenant, db)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT time, node, level, text FROM run_line WHERE tenant = ? AND run = ?
                    ORDER BY number DESC LIMIT ?
                    """,
                arguments: [caller.tenant.text, run.text, tail ?? Self.linesMax]
            )
            return rows.reversed().compactMap { row in
                NodeID(row[1] as String).map {
                    RunLogLine(time: row[0], node: $0, level: row[2], text: row[3])
                }
            }
        }
    }

    /// Appends points to the curve of a run that this node knows; a step is kept once.
    public func append(
        _ points: [RunProgress],
        to run: RunID,
        of tenant: TenantID
    ) throws(CatalogError) {
        try write { db in
            try require(run, of: tenant, db)
            for point in points {
                try db.execute(
                    sql: """
                        INSERT INTO run_point (tenant, run, step, body) VALUES (?, ?, ?, ?)
                        ON CONFLICT (run, step) DO UPDATE SET body = excluded.body
                        """,
                    arguments: [tenant.text, run.text, point.step, try Coding.encode(point)]
                )
            }
            let count = try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM run_point WHERE run = ?",
                arguments: [run.text]
            )
            guard count ?? 0 > Self.pointsMax else { return }
            // The shape of the curve stays, at half the resolution.
            try db.execute(
                sql: """
                    DELETE FROM run_point WHERE run = ? AND step IN (SELECT step FROM
                    (SELECT step, row_number() OVER (ORDER BY step) AS place FROM run_point
                    WHERE run = ?) WHERE place % 2 = 0)
                    """,
                arguments: [run.text, run.text]
            )
        }
    }

    /// The curve of a run of the caller, by step.
    public func points(of run: RunID, for caller: Caller) throws(CatalogError) -> [RunProgress] {
        try read { db in
            try require(run, of: caller.tenant, db)
            return try decodeAll(
                RunProgress.self,
                "point of run",
                db,
                "SELECT body FROM run_point WHERE tenant = ? AND run = ? ORDER BY step",
                [caller.tenant.text, run.text]
            )
        }
    }

    /// Notes a checkpoint whose file lies complete and synced on the disk.
    public func put(
        _ checkpoint: RunCheckpoint,
        of run: RunID,
        tenant: TenantID
    ) throws(CatalogError) {
        try write { db in
            try require(run, of: tenant, db)
            try db.execute(
                sql: """
                    INSERT INTO checkpoint (tenant, run, generation, step, object, hash, bytes)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (run, generation, step) DO UPDATE SET
                    object = excluded.object, hash = excluded.hash, bytes = excluded.bytes
                    """,
                arguments: [
                    tenant.text, run.text, Int64(checkpoint.generation.number), checkpoint.step,
                    checkpoint.object, Data(checkpoint.hash.bytes), checkpoint.bytes,
                ]
            )
        }
    }

    /// The checkpoints of a run of the caller on this node, the newest first.
    public func checkpoints(
        of run: RunID,
        for caller: Caller
    ) throws(CatalogError) -> [RunCheckpoint] {
        try read { db in
            try require(run, of: caller.tenant, db)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT generation, step, object, hash, bytes FROM checkpoint
                    WHERE tenant = ? AND run = ? ORDER BY generation DESC, step DESC
                    """,
                arguments: [caller.tenant.text, run.text]
            ).map { row in
                let (generation, hash): (Int64, Data) = (row[0], row[3])
                return RunCheckpoint(
                    generation: Generation(UInt64(generation)),
                    step: row[1],
                    object: row[2],
                    hash: ContentHash(bytes: Array(hash)),
                    bytes: row[4]
                )
            }
        }
    }

    /// Forgets a checkpoint; call it before its file is unlinked.
    public func forget(
        _ checkpoint: RunCheckpoint,
        of run: RunID,
        tenant: TenantID
    ) throws(CatalogError) {
        try write { db in
            try db.execute(
                sql: """
                    DELETE FROM checkpoint
                    WHERE tenant = ? AND run = ? AND generation = ? AND step = ?
                    """,
                arguments: [
                    tenant.text, run.text, Int64(checkpoint.generation.number), checkpoint.step,
                ]
            )
        }
    }

    private func require(_ run: RunID, of tenant: TenantID, _ db: GRDB.Database) throws {
        let isThere = try Bool.fetchOne(
            db,
            sql: "SELECT 1 FROM run WHERE tenant = ? AND id = ?",
            arguments: [tenant.text, run.text]
        )
        guard isThere == true else { throw CatalogError.notFound(noun: "run", name: run.text) }
    }
}
