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
        case 1:
            let epoch = try reader.double("epoch")
            let step = try reader.wholeNumber("step")
            let loss = try reader.double("loss")
            let rate = try reader.double("rate")
            let speed = try reader.double("rows per second")
            let seconds = try reader.double("seconds")
            self = .progress(
                RunProgress(
                    epoch: epoch,
                    step: step,
                    loss: loss,
                    learningRate: rate,
                    rowsPerSecond: speed,
                    seconds: seconds,
                    epochsMax: try reader.optionalCount("epochs")
                )
            )
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
            writer.write(point.epoch)
            writer.write(Int64(point.step))
            for number in [point.loss, point.learningRate, point.rowsPerSecond, point.seconds] {
                writer.write(number)
            }
            writer.writeOptional(point.epochsMax)
        }
        return writer.bytes
    }
}

/// The end of a training job, as the metadata of its result; the parameters lie in the state.
public struct TrainingReport: Equatable, Sendable {
    /// How it ended; `bytesSentPerNode` is the daemon's to fill in.
    public var result: RunResult

    /// A report of a result.
    public init(result: RunResult) { self.result = result }

    /// Reads what `bytes` gives.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let word = try reader.string("outcome", limit: 32)
        guard let outcome = Outcome(rawValue: word) else {
            throw .badValue(what: "outcome", value: "")
        }
        result = RunResult(outcome: outcome, rule: try reader.string("rule", limit: 4096))
        result.epochs = try reader.double("epochs")
        result.steps = try reader.wholeNumber("steps")
        result.objective = try reader.optionalDouble("objective")
        result.loss = try reader.optionalDouble("loss")
        result.certifiedGap = try reader.optionalDouble("gap")
        result.wallSeconds = try reader.double("seconds")
        result.rowsPerSecond = try reader.double("rows per second")
        if try reader.bool("cause") {
            let rank = try reader.optionalCount("rank").map { Rank($0) }
            let step = try reader.optionalCount("step")
            let reason = try reader.string("reason", limit: 4096)
            result.cause = Cause(node: nil, rank: rank, step: step, reason: reason)
        }
        result.metrics = try reader.array("metrics", limit: 16, Metrics.init(from:))
        try reader.finish()
    }

    /// The bytes of the metadata.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(result.outcome.rawValue)
        writer.write(result.rule)
        writer.write(result.epochs)
        writer.write(Int64(result.steps))
        for number in [result.objective, result.loss, result.certifiedGap] {
            writer.writeOptional(number)
        }
        writer.write(result.wallSeconds)
        writer.write(result.rowsPerSecond)
        writer.write(result.cause != nil)
        if let cause = result.cause {
            writer.writeOptional(cause.rank?.index)
            writer.writeOptional(cause.step)
            writer.write(cause.reason)
        }
        writer.write(UInt32(result.metrics.count))
        for metrics in result.metrics { metrics.write(to: &writer) }
        return writer.bytes
    }
}

extension Metrics {
    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let name = try reader.string("rows' name", limit: 128)
        self.init(on: name, rows: try reader.wholeNumber("rows"))
        accuracy = try reader.optionalDouble("accuracy")
        balancedAccuracy = try reader.optionalDouble("balanced accuracy")
        precision = try reader.optionalDouble("precision")
        recall = try reader.optionalDouble("recall")
        f1 = try reader.optionalDouble("f1")
        logLoss = try reader.optionalDouble("log loss")
        rmse = try reader.optionalDouble("rmse")
        r2 = try reader.optionalDouble("r2")
    }

    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(on)
        writer.write(Int64(rows))
        for value in [accuracy, balancedAccuracy, precision, recall, f1, logLoss, rmse, r2] {
            writer.writeOptional(value)
        }
    }
}
