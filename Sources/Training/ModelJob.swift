public import Domain
public import Wire

/// The payload of a job that measures a finished model, or applies it to rows.
///
/// The descriptors that come with it are those of the shards.
public struct ModelJob: Equatable, Sendable {
    /// How to read the parameters.
    public var shape: ModelShape
    /// The model's words.
    public var words: [Float]
    /// The rows, in order.
    public var shards: [ShardInput]
    /// The scores that are wanted; nil measures the model.
    public var ranking: RankingRequest?

    /// A job with all its fields.
    public init(shape: ModelShape, words: [Float], shards: [ShardInput]) {
        self.shape = shape
        self.words = words
        self.shards = shards
    }

    /// Reads a payload.
    public init(payload: [UInt8]) throws(WireError) {
        var reader = ByteReader(payload)
        shape = try reader.decode(ModelShape.self, "shape")
        words = try reader.floats("words", limit: elementsMax)
        guard shape.isSound(wordsMax: elementsMax), words.count == shape.wordCount else {
            throw .badValue(what: "words", value: "\(words.count)")
        }
        shards = try reader.array("shards", limit: 252, ShardInput.init(from:))
        if try reader.bool("ranked") {
            ranking = try reader.decode(RankingRequest.self, "ranking")
        }
        try reader.finish()
    }

    /// The payload.
    public var payload: [UInt8] {
        var writer = ByteWriter(capacity: 4096 + 4 * words.count)
        writer.write(coding: shape)
        writer.write(words)
        writer.write(UInt32(shards.count))
        for shard in shards { shard.write(to: &writer) }
        writer.write(ranking != nil)
        if let ranking { writer.write(coding: ranking) }
        return writer.bytes
    }
}
