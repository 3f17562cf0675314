import Learning
public import Wire

/// The payload of a job that measures a finished model, or applies it to rows.
///
/// The descriptors that come with it are those of the shards.
public struct ModelJob: Equatable, Sendable {
    /// How to read the parameters.
    public var shape: ModelShape
    /// Parameters for raw features.
    public var parameters: [Float]
    /// The rows, in order.
    public var shards: [ShardInput]

    /// A job with all its fields.
    public init(shape: ModelShape, parameters: [Float], shards: [ShardInput]) {
        self.shape = shape
        self.parameters = parameters
        self.shards = shards
    }

    /// Reads a payload.
    public init(payload: [UInt8]) throws(WireError) {
        var reader = ByteReader(payload)
        shape = try ModelShape(from: &reader)
        parameters = try reader.floats("parameters", limit: elementsMax)
        guard parameters.count == shape.model.parameterCount else {
            throw .badValue(what: "parameters", value: "\(parameters.count)")
        }
        shards = try reader.array("shards", limit: 252, ShardInput.init(from:))
        try reader.finish()
    }

    /// The payload.
    public var payload: [UInt8] {
        var writer = ByteWriter(capacity: 256 + 4 * parameters.count)
        shape.write(to: &writer)
        writer.write(parameters)
        writer.write(UInt32(shards.count))
        for shard in shards { shard.write(to: &writer) }
        return writer.bytes
    }
}
