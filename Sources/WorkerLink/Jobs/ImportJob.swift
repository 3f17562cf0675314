public import Datasets
internal import Domain
public import Wire

/// The payload of an import: how to read which files, and how many shards to make.
///
/// The descriptors that come with it are those of the files in order, then an empty file for
/// staging, open for reading and writing, then one such file for each shard.
public struct ImportJob: Equatable, Sendable {
    /// The files as their owner named them, for messages.
    public var files: [String]
    /// How to read them.
    public var options: ImportOptions
    /// Number of shards; 0 only reads, checks and reports.
    public var shards: Int
    /// Decides which rows go where.
    public var seed: UInt64

    /// A job with all its fields.
    public init(files: [String], options: ImportOptions, shards: Int, seed: UInt64) {
        self.files = files
        self.options = options
        self.shards = shards
        self.seed = seed
    }

    /// Reads a payload.
    public init(payload: [UInt8]) throws(WireError) {
        var reader = ByteReader(payload)
        files = try reader.texts("files", limit: descriptorsMax)
        options = try ImportOptions(from: &reader)
        shards = Int(try reader.integer("shards", as: UInt16.self))
        seed = try reader.integer("seed")
        try reader.finish()
    }

    /// The payload.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        writer.write(texts: files)
        options.write(to: &writer)
        writer.write(UInt16(shards))
        writer.write(seed)
        return writer.bytes
    }
}

/// The metadata of an import's result.
public struct ImportOutcome: Equatable, Sendable {
    /// What was found.
    public var report: ImportReport
    /// The shards in the order of their descriptors; empty where none were wanted.
    public var shards: [WrittenShard]

    /// An outcome with all its fields.
    public init(report: ImportReport, shards: [WrittenShard]) {
        self.report = report
        self.shards = shards
    }

    /// Reads the metadata; a report that contradicts itself or its shards is refused.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        report = try ImportReport(from: &reader)
        shards = try reader.array("shards", limit: descriptorsMax, itemBytes: 58) {
            reader throws(WireError) in
            let layout = try ShardLayout(from: &reader)
            return WrittenShard(layout: layout, hash: try reader.hash("hash of a shard"))
        }
        try reader.finish()
        try check()
    }

    /// The metadata.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        report.write(to: &writer)
        writer.writeArray(shards) { writer, shard in
            shard.layout.write(to: &writer)
            writer.writeRaw(shard.hash.bytes)
        }
        return writer.bytes
    }

    /// A worker that was taken over can claim what it likes, but not what makes no sense.
    private func check() throws(WireError) {
        guard report.mapping.count == report.columns else {
            throw .badValue(what: "count of columns", value: "\(report.columns)")
        }
        if let column = report.constantColumns.first(where: { $0 >= report.columns }) {
            throw .badValue(what: "constant column", value: "\(column)")
        }
        let rows = shards.reduce(0) { $0 + $1.layout.rows }
        guard shards.isEmpty || rows == report.rows else {
            throw .badValue(what: "rows of the shards", value: "\(rows)")
        }
        for shard in shards {
            let layout = shard.layout
            guard layout.columns == report.columns, layout.rowLayout == report.layout,
                layout.labels == report.labelType,
                layout.divisor == (layout.rowLayout == .bytes ? report.mapping.divisor : 1)
            else { throw .badValue(what: "layout of a shard", value: "not the report's") }
        }
    }
}
