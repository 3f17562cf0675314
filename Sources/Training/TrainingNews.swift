public import Domain
public import Wire

/// What a training worker tells on the way, as the bytes of a progress message.
public enum TrainingNews: Equatable, Sendable {
    /// What was chosen from the data, one line.
    case chose(String)
    /// A point of the curve.
    case progress(RunProgress)

    /// Reads what `bytes` gives.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        switch try reader.integer("news", as: UInt8.self) {
        case 0: self = .chose(try reader.string("choices", limit: 4096))
        case 1: self = .progress(try reader.decode(RunProgress.self, "progress"))
        case let other: throw .badValue(what: "news", value: "\(other)")
        }
        try reader.finish()
    }

    /// The bytes of the message.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .chose(let line):
            writer.write(UInt8(0))
            writer.write(String(line.prefix(4000)))
        case .progress(let point):
            writer.write(UInt8(1))
            writer.write(coding: point)
        }
        return writer.bytes
    }
}

/// The end of a training job, as the metadata of its result; the model's words lie in the state.
public struct TrainingReport: Hashable, Codable, Sendable {
    /// How it ended; `bytesSentPerNode` is the daemon's to fill in.
    public var result: RunResult
    /// How the model's words are to be read; nil where the run left none.
    public var shape: ModelShape?

    /// A report of a result.
    public init(result: RunResult, shape: ModelShape?) {
        self.result = result
        self.shape = shape
    }

    /// Reads what `bytes` gives; whoever wrote them is not trusted.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        self = try reader.decode(TrainingReport.self, "report")
        try reader.finish()
        guard shape.map({ $0.isSound(wordsMax: elementsMax) }) ?? true else {
            throw .badValue(what: "shape", value: "no sound model")
        }
    }

    /// The bytes of the metadata.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(coding: self)
        return writer.bytes
    }
}
