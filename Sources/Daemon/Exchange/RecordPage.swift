import Catalog
import Domain
import Wire

/// Records on their way from one catalogue to another; binary, for a record may be a megabyte.
///
/// | Message | As `ByteWriter` writes it |
/// |---|---|
/// | request | array of identities: kind, tenant, key, three texts each |
/// | answer | array of records: an identity and the body, a byte string |
///
/// An answer holds as many of the first records that were asked for as fit, and at least one.
enum RecordPage {
    static let method = "records.fetch"

    private static let countMax = 4_096
    private static let answerBytes = 1 << 20
    private static let bodyBytesMax = PeerMessage.bytesMax - 4_096

    static func encode(_ ids: [RecordID]) -> [UInt8] {
        var writer = ByteWriter()
        writer.writeArray(ids, write)
        return writer.bytes
    }

    static func ids(_ payload: [UInt8]) throws(PeerRefusal) -> [RecordID] {
        var reader = ByteReader(payload)
        do throws(WireError) {
            let ids = try reader.array("records", limit: countMax, itemBytes: 12, read)
            try reader.finish()
            return ids
        } catch {
            throw PeerRefusal(code: -32602, message: "\(error)")
        }
    }

    static func encode(_ records: [CatalogRecord]) -> [UInt8] {
        var bytes = 0
        let fitting = records.prefix { record in
            bytes += record.body.count
            return bytes <= answerBytes || bytes == record.body.count
        }
        var writer = ByteWriter(capacity: bytes)
        writer.writeArray(fitting) { writer, record in
            write(&writer, record.id)
            writer.write(record.body)
        }
        return writer.bytes
    }

    static func records(_ payload: [UInt8]) throws(WireError) -> [CatalogRecord] {
        var reader = ByteReader(payload)
        let records = try reader.array("records", limit: countMax, itemBytes: 16) {
            reader throws(WireError) in
            let id = try read(&reader)
            return CatalogRecord(id: id, body: try reader.bytes("body", limit: bodyBytesMax))
        }
        try reader.finish()
        return records
    }

    private static func write(_ writer: inout ByteWriter, _ id: RecordID) {
        writer.write(id.kind.rawValue)
        writer.write(id.tenant.text)
        writer.write(id.key)
    }

    private static func read(_ reader: inout ByteReader) throws(WireError) -> RecordID {
        let kind = try reader.string("kind", limit: 16)
        let tenant = try reader.string("tenant", limit: 64)
        guard let kind = RecordKind(rawValue: kind), let tenant = TenantID(tenant) else {
            throw .badValue(what: "record", value: "\(kind) of \(tenant)")
        }
        return RecordID(kind: kind, tenant: tenant, key: try reader.string("key", limit: 256))
    }
}
