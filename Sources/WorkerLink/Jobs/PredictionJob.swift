public import Datasets
public import Domain
public import Wire

/// The payload of a prediction: a model, and files that are read as its data were.
///
/// The descriptors that come with it are those of the files in order, then two empty files for
/// scratch, open for reading and writing, then the output, open for writing, which gets one line
/// for each row: the class or value, then, where wanted, one probability for each class, separated
/// by commas or as an object of JSON.
public struct PredictionJob: Equatable, Sendable {
    /// The payload of `ModelJob`, without shards.
    public var model: [UInt8]
    /// What the outputs mean.
    public var labels: LabelKind
    /// How the model's data were read.
    public var mapping: ColumnMapping
    /// What the files' owner calls them, for messages.
    public var files: [String]
    /// Whether probabilities are wanted.
    public var wantsProbabilities: Bool
    /// Whether lines are objects of JSON.
    public var isJSON: Bool

    /// A job with all its fields.
    public init(
        model: [UInt8],
        labels: LabelKind,
        mapping: ColumnMapping,
        files: [String],
        wantsProbabilities: Bool,
        isJSON: Bool = false
    ) {
        self.model = model
        self.labels = labels
        self.mapping = mapping
        self.files = files
        self.wantsProbabilities = wantsProbabilities
        self.isJSON = isJSON
    }

    /// Reads a payload.
    public init(payload: [UInt8]) throws(WireError) {
        var reader = ByteReader(payload)
        model = try reader.bytes("model", limit: payload.count)
        labels = try LabelKind(from: &reader)
        mapping = try ColumnMapping(from: &reader)
        files = try reader.array("files", limit: 252, itemBytes: 4) { reader throws(WireError) in
            try reader.string("file", limit: 4096)
        }
        wantsProbabilities = try reader.bool("probabilities")
        isJSON = try reader.bool("JSON")
        try reader.finish()
    }

    /// The payload.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        writer.write(model)
        labels.write(to: &writer)
        mapping.write(to: &writer)
        writer.writeArray(files) { writer, file in writer.write(file) }
        writer.write(wantsProbabilities)
        writer.write(isJSON)
        return writer.bytes
    }

    /// How the files are to be read.
    public var options: ImportOptions {
        var options = ImportOptions()
        options.known = KnownColumns(mapping: mapping, labels: nil)
        return options
    }
}

/// The metadata of a prediction's result.
public struct PredictionOutcome: Equatable, Sendable {
    /// Lines written.
    public var rows: Int

    /// An outcome with its count.
    public init(rows: Int) { self.rows = rows }

    /// Reads the metadata.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let rows: UInt32 = try reader.integer("rows")
        self.rows = Int(rows)
        try reader.finish()
    }

    /// The metadata.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt32(clamping: rows))
        return writer.bytes
    }
}
