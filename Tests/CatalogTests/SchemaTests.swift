import Domain
import GRDB
import Testing

@testable import Catalog

@Suite("How the file is set up")
struct SchemaTests {
    private let scratch: Scratch
    private let database: Catalog.Database

    init() throws {
        scratch = try Scratch()
        database = try scratch.open()
    }

    @Test("Commits are synced, schemas distrusted, references kept")
    func pragmas() throws {
        let expected = [
            "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0",
        ]
        for (pragma, value) in expected {
            let found = try database.queue.inDatabase { db in
                try Row.fetchOne(db, sql: "PRAGMA \(pragma)").map { "\($0[0] ?? "")" }
            }
            #expect(found?.contains(value) == true, "\(pragma) is \(found ?? "nothing")")
        }
    }

    @Test("Every table is strict, and all but the node's own have a tenant")
    func tables() throws {
        let tables = try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, strict FROM pragma_table_list WHERE schema = 'main'
                    AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
                    """
            ).map { ($0["name"] as String, $0["strict"] as Bool) }
        }
        #expect(tables.count == 10)
        for (table, isStrict) in tables {
            #expect(isStrict, "\(table) takes any type")
            let columns = try database.read { try $0.columns(in: table).map(\.name) }
            let isOwn = table == "register" || table == "fact"
            #expect(columns.contains("tenant") != isOwn, "\(table): \(columns)")
        }
    }

    @Test("A full disk is said to be full, what was there stays, and it goes on afterwards")
    func full() throws {
        try database.put(object("f0"))
        try pragma("max_page_count = 1")
        #expect(throws: CatalogError.noSpace(path: scratch.path)) {
            for number in 1..<1_000 { try database.put(object("f\(number)")) }
        }
        let count = try database.objects(of: red).count
        #expect(count >= 1 && count < 999)
        try pragma("max_page_count = 100000")
        try database.put(object("later"))
        #expect(try scratch.open().objects(of: red).count == count + 1)
    }

    @Test("A file that cannot be written is said to be so, and can still be read")
    func readOnly() throws {
        try database.put(object("f0"))
        try pragma("query_only = 1")
        #expect(throws: CatalogError.readOnly(path: scratch.path)) {
            try database.put(object("f1"))
        }
        #expect(try database.objects(of: red).count == 1)
    }

    @Test("Another writer is waited for, and not for ever")
    func busy() throws {
        let other = try scratch.open()
        try pragma("busy_timeout = 50")
        try other.write { db in
            try db.execute(sql: "INSERT INTO fact VALUES ('x', x'00')")
            #expect(throws: CatalogError.busy(path: scratch.path)) {
                try database.put(object("f0"))
            }
            #expect(try database.objects(of: red).isEmpty)
        }
        try database.put(object("f0"))
    }

    @Test("A file of a later version is refused and left as it is")
    func newer() throws {
        try database.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 the future')")
        }
        let error = #expect(throws: CatalogError.self) { try scratch.open() }
        guard case .newer(_, let migrations) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(migrations.contains("9 the future"))
    }

    @Test("A stored record that cannot be read is named")
    func undecodable() throws {
        try database.put(model("best", run: "r-1"))
        try database.write { try $0.execute(sql: "UPDATE record SET body = x'7b7d'") }
        let error = #expect(throws: CatalogError.self) { try database.models(for: caller(red)) }
        guard case .undecodable(let noun, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(noun == "model")
    }

    @Test("Any other failure keeps SQLite's own words")
    func other() throws {
        let error = #expect(throws: CatalogError.self) {
            try database.write { try $0.execute(sql: "INSERT INTO fact VALUES (1)") }
        }
        guard case .failed(let path, let code, let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == scratch.path && code == 1 && message.contains("fact"))
    }

    @Test("A long log keeps its last lines, a long curve every other point")
    func caps() throws {
        let run = RunID(checked: "r-1")
        try database.obey(record("r-1"))
        try database.obey(record("r-2"))
        let line = RunLogLine(time: 1, node: NodeID(checked: "a"), level: "info", text: "last")
        try database.append(line, to: RunID(checked: "r-2"), of: red)
        try database.write { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                    INSERT INTO run_line (tenant, run, time, node, level, text)
                    SELECT 'red', 'r-1', i, 'a', 'info', 'line ' || i FROM n
                    """,
                arguments: [Catalog.Database.linesMax]
            )
            try db.execute(
                sql: """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                    INSERT INTO run_point (tenant, run, step, body) SELECT 'red', 'r-1', i, ? FROM n
                    """,
                arguments: [Catalog.Database.pointsMax, try Coding.encode(point(0))]
            )
        }
        try database.append(line, to: run, of: red)
        let lines = try database.lines(of: run, for: caller(red))
        #expect(lines.count == Catalog.Database.linesMax)
        #expect(lines.first?.text == "line 2" && lines.last?.text == "last")
        #expect(try database.lines(of: RunID(checked: "r-2"), for: caller(red)).count == 1)
        try database.append([point(5_000)], to: run, of: red)
        #expect(try database.points(of: run, for: caller(red)).count == 1_001)
    }

    private func point(_ step: Int) -> RunProgress {
        RunProgress(
            epoch: 1,
            step: step,
            loss: 1,
            learningRate: 1,
            rowsPerSecond: 1,
            seconds: 1
        )
    }

    private func pragma(_ text: String) throws {
        try database.queue.inDatabase { try $0.execute(sql: "PRAGMA \(text)") }
    }
}
