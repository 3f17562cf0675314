internal import GRDB

/// The tables, as the migrations make them.
///
/// | Table | One row is |
/// |---|---|
/// | `record` | what never changes: a dataset version, a model, a generation's end, a grave |
/// | `name` | what a dataset's name means, as far as this node has learnt it |
/// | `object` | a file of this node: a shard, a model, a checkpoint |
/// | `run` | a run as this node knows it now |
/// | `run_line`, `run_point` | a line of a run's log, a point of its curve |
/// | `checkpoint` | a checkpoint of a run on this node |
/// | `sweep` | a sweep that this node leads |
/// | `register` | what the registers must not forget; no tenant, for they are the cluster's |
/// | `fact` | something about this node; no tenant either |
///
/// A migration that has been released is never edited.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 the house") { db in
            for statement in [records, names, objects, runs, lines, points, checkpoints, registers]
            {
                try db.execute(sql: statement)
            }
        }
        migrator.registerMigration("2 rows that stay") { db in
            try db.execute(sql: stayingObjects)
        }
        migrator.registerMigration("3 sweeps") { db in try db.execute(sql: sweeps) }
        return migrator
    }

    private static let stayingObjects = """
        ALTER TABLE object ADD COLUMN stays INTEGER NOT NULL DEFAULT 0 CHECK (stays IN (0, 1));
        """

    private static let records = """
        CREATE TABLE record (
            tenant TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('dataset', 'model', 'run', 'grave')),
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            time REAL NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (tenant, kind, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX record_name ON record (tenant, kind, name, time);
        """

    private static let names = """
        CREATE TABLE name (
            tenant TEXT NOT NULL,
            name TEXT NOT NULL,
            register_version INTEGER NOT NULL,
            key TEXT,
            PRIMARY KEY (tenant, name)
        ) STRICT, WITHOUT ROWID;
        """

    private static let objects = """
        CREATE TABLE object (
            tenant TEXT NOT NULL,
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('shard', 'model', 'checkpoint')),
            owner TEXT NOT NULL,
            part INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            bytes INTEGER NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('primary', 'replica')),
            state TEXT NOT NULL CHECK (state IN ('whole', 'damaged'))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX object_owner ON object (tenant, kind, owner, part);
        """

    private static let runs = """
        CREATE TABLE run (
            tenant TEXT NOT NULL,
            id TEXT NOT NULL PRIMARY KEY,
            generation INTEGER NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('preparing', 'running', 'ended')),
            is_final INTEGER NOT NULL CHECK (is_final IN (0, 1)),
            started_at REAL NOT NULL,
            body BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_started ON run (tenant, started_at);
        """

    private static let lines = """
        CREATE TABLE run_line (
            number INTEGER PRIMARY KEY,
            tenant TEXT NOT NULL,
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            time REAL NOT NULL,
            node TEXT NOT NULL,
            level TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX run_line_run ON run_line (run, number);
        """

    private static let points = """
        CREATE TABLE run_point (
            tenant TEXT NOT NULL,
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (run, step)
        ) STRICT, WITHOUT ROWID;
        """

    private static let checkpoints = """
        CREATE TABLE checkpoint (
            tenant TEXT NOT NULL,
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            generation INTEGER NOT NULL,
            step INTEGER NOT NULL,
            object TEXT NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            bytes INTEGER NOT NULL,
            PRIMARY KEY (run, generation, step)
        ) STRICT, WITHOUT ROWID;
        """

    private static let registers = """
        CREATE TABLE register (
            space TEXT NOT NULL,
            key TEXT NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (space, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE fact (
            key TEXT NOT NULL PRIMARY KEY,
            value BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    private static let sweeps = """
        CREATE TABLE sweep (
            tenant TEXT NOT NULL,
            id TEXT NOT NULL PRIMARY KEY,
            is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
            started_at REAL NOT NULL,
            body BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sweep_started ON sweep (tenant, started_at);
        """
}
