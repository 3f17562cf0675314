internal import Foundation
internal import GRDB

/// The catalogue of one node: a SQLite file with one owner.
///
/// Every call blocks until its rows are on the disk (write-ahead log, `synchronous=FULL`).
/// Functions with a `caller` see the caller's tenant only: what belongs to another does not
/// exist. Those without serve the daemon itself.
public final class Database {
    /// Where the file lies.
    public let path: String

    let queue: DatabaseQueue

    /// Digests of what peers compare every few seconds, until it changes: a catalogue that grows
    /// must not cost an idle node more and more.
    var recordDigestKept: UInt64?
    var nameDigestKept: UInt64?

    /// Seconds to wait for another process that holds the file, such as a backup.
    private static let busySeconds = 5.0

    /// Opens the file, makes it where there is none, checks it and brings it up to date.
    ///
    /// A damaged file is refused with `corrupt` and left as it is.
    public init(path: String) throws(CatalogError) {
        self.path = path
        do {
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(Self.busySeconds)
            configuration.foreignKeysEnabled = true
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA trusted_schema = OFF")
            }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let verdict = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
            guard verdict == "ok" else {
                throw CatalogError.corrupt(path: path, reason: verdict ?? "no verdict")
            }
            // Not GRDB's own setting for this: it writes to the file before we have looked at it,
            // and chooses `synchronous=NORMAL`, which may lose the last commits with the power.
            try queue.inDatabase { db in
                try db.execute(sql: "PRAGMA journal_mode = WAL")
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            let unknown = try queue.read { db in
                try Schema.migrator.hasBeenSuperseded(db)
                    ? Schema.migrator.appliedIdentifiers(db).sorted() : []
            }
            guard unknown.isEmpty else {
                throw CatalogError.newer(path: path, migrations: unknown)
            }
            try Schema.migrator.migrate(queue)
        } catch {
            throw CatalogError(error, path: path)
        }
    }

    /// Reads every page and index; nil where all is in order, else what is not.
    public func damage() throws(CatalogError) -> String? {
        let verdict = try read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
        return verdict == "ok" ? nil : verdict ?? "no verdict"
    }

    /// Copies the catalogue as it is now to a new file at `target`.
    ///
    /// The copy knows that it is one: a node that is restored from it is in doubt, also where it
    /// has not been started since.
    public func backUp(to target: String) throws(CatalogError) {
        do {
            try queue.vacuum(into: target)
            let copy = try DatabaseQueue(path: target)
            try copy.write { try Self.raiseDoubt(in: $0) }
            try copy.close()
        } catch {
            throw CatalogError(error, path: target)
        }
    }

    func read<Result>(_ body: (GRDB.Database) throws -> Result) throws(CatalogError) -> Result {
        do {
            return try queue.read(body)
        } catch {
            throw CatalogError(error, path: path)
        }
    }

    /// Runs `body` in one transaction that is on the disk when this returns.
    func write<Result>(_ body: (GRDB.Database) throws -> Result) throws(CatalogError) -> Result {
        do {
            return try queue.write(body)
        } catch {
            throw CatalogError(error, path: path)
        }
    }
}

/// FNV-1a over texts, each ended by a line feed.
struct TextDigest {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(10)
    }

    private mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
}

/// Values as JSON in blobs: sorted keys, so that equal values have equal bytes.
enum Coding {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A run that diverged ends with such a loss.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ data: Data,
        _ noun: String,
        _ name: String
    ) throws(CatalogError) -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        do {
            return try decoder.decode(type, from: data)
        } catch {
            throw .undecodable(noun: noun, name: name, reason: "\(error)")
        }
    }
}
