public import Wire

/// A shard as a worker gets it: where its arrays lie, and the digest of each of its pages.
public struct ShardInput: Equatable, Sendable {
    /// The layout of the file, in `Datasets`' own form.
    public var layout: [UInt8]
    /// SHA-256 of each page, 32 bytes a page.
    public var pages: [UInt8]
    /// What messages call it, such as `shard 2 of digits`.
    public var name: String

    /// A shard with all its fields.
    public init(layout: [UInt8], pages: [UInt8], name: String) {
        self.layout = layout
        self.pages = pages
        self.name = name
    }

    init(from reader: inout ByteReader) throws(WireError) {
        layout = try reader.bytes("layout", limit: 1 << 20)
        pages = try reader.bytes("pages", limit: 1 << 28)
        name = try reader.string("shard name", limit: 512)
    }

    func write(to writer: inout ByteWriter) {
        writer.write(layout)
        writer.write(pages)
        writer.write(name)
    }
}

/// The payload of a training job.
///
/// The descriptors that come with it are those of the shards, then those of the validation shards.
public struct TrainingJob: Equatable, Sendable {
    /// What to do.
    public var task: TrainingTask
    /// This seat's number.
    public var rank: Int
    /// Number of seats.
    public var worldSize: Int
    /// The rows to train on, in order; possibly none.
    public var shards: [ShardInput]
    /// The rows to validate on; possibly none.
    public var validation: [ShardInput]
    /// Whether any rank has validation shards.
    public var isValidated: Bool
    /// The checkpoint to start from; empty to start anew.
    public var checkpoint: [UInt8]

    /// A job with all its fields.
    public init(
        task: TrainingTask,
        rank: Int,
        worldSize: Int,
        shards: [ShardInput],
        validation: [ShardInput],
        isValidated: Bool,
        checkpoint: [UInt8]
    ) {
        self.task = task
        self.rank = rank
        self.worldSize = worldSize
        self.shards = shards
        self.validation = validation
        self.isValidated = isValidated
        self.checkpoint = checkpoint
    }

    /// Reads a payload.
    public init(payload: [UInt8]) throws(WireError) {
        var reader = ByteReader(payload)
        task = try TrainingTask(from: &reader)
        rank = try reader.wholeNumber("rank")
        worldSize = try reader.wholeNumber("world size")
        guard rank < worldSize else { throw .badValue(what: "rank", value: "\(rank)") }
        shards = try reader.array("shards", limit: 252, ShardInput.init(from:))
        validation = try reader.array("validation shards", limit: 252, ShardInput.init(from:))
        isValidated = try reader.bool("validated")
        checkpoint = try reader.bytes("checkpoint", limit: 1 << 31)
        try reader.finish()
    }

    /// The payload.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        task.write(to: &writer)
        writer.write(Int64(rank))
        writer.write(Int64(worldSize))
        writer.write(UInt32(shards.count))
        for shard in shards { shard.write(to: &writer) }
        writer.write(UInt32(validation.count))
        for shard in validation { shard.write(to: &writer) }
        writer.write(isValidated)
        writer.write(checkpoint)
        return writer.bytes
    }
}
