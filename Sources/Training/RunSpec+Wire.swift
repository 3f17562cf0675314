import Domain
import Wire

/// What the search needs of a `RunSpec`, in the order in which it crosses the seam.
///
/// Names do not cross: the worker learns neither the run's name nor the dataset's.
func write(_ spec: RunSpec, to writer: inout ByteWriter) {
    writer.write(spec.algorithm == .gd ? UInt8(0) : 1)
    writer.writeOptional(spec.model.flatMap { ModelKind.allCases.firstIndex(of: $0) })
    writer.write(UInt8(Bias.allCases.firstIndex(of: spec.bias) ?? 0))
    writer.write(spec.biasScale)
    writer.writeOptional(spec.l2)
    writer.writeOptional(spec.learningRate)
    writer.writeOptional(spec.schedule.flatMap { Schedule.allCases.firstIndex(of: $0) })
    writer.writeOptional(spec.momentum)
    writer.write(spec.weightDecay)
    writer.writeOptional(spec.batch)
    writer.writeOptional(spec.epochs)
    writer.writeOptional(spec.steps)
    writer.writeOptional(spec.maxTimeSeconds)
    writer.writeOptional(spec.tolerance)
    writer.writeOptional(spec.validationSplit)
    writer.writeOptional(spec.checkpointEvery)
    writer.write(spec.seed)
}

/// Reads what `write` wrote; the names are placeholders.
func readSpec(from reader: inout ByteReader) throws(WireError) -> RunSpec {
    let isGradientDescent = try reader.integer("algorithm", as: UInt8.self) == 0
    var spec = RunSpec(
        algorithm: isGradientDescent ? .gd : .sgd,
        dataset: DatasetName(checked: "unnamed")
    )
    spec.model = try reader.optionalCase("model", of: ModelKind.allCases)
    let bias = Int(try reader.integer("bias", as: UInt8.self))
    guard Bias.allCases.indices.contains(bias) else {
        throw .badValue(what: "bias", value: "\(bias)")
    }
    spec.bias = Bias.allCases[bias]
    spec.biasScale = try reader.float("bias scale")
    spec.l2 = try reader.optionalDouble("l2")
    spec.learningRate = try reader.optionalDouble("rate")
    spec.schedule = try reader.optionalCase("schedule", of: Schedule.allCases)
    spec.momentum = try reader.optionalDouble("momentum")
    spec.weightDecay = try reader.double("weight decay")
    spec.batch = try reader.optionalCount("batch")
    spec.epochs = try reader.optionalCount("epochs")
    spec.steps = try reader.optionalCount("steps")
    spec.maxTimeSeconds = try reader.optionalDouble("time")
    spec.tolerance = try reader.optionalDouble("tolerance")
    spec.validationSplit = try reader.optionalDouble("validation split")
    spec.checkpointEvery = try reader.optionalCount("checkpoint interval")
    spec.seed = try reader.integer("seed")
    return spec
}

extension ByteWriter {
    mutating func writeOptional(_ value: Int?) {
        write(value != nil)
        if let value { write(Int64(value)) }
    }

    mutating func writeOptional(_ value: Double?) {
        write(value != nil)
        if let value { write(value) }
    }
}

extension ByteReader {
    mutating func optionalDouble(_ what: StaticString) throws(WireError) -> Double? {
        guard try bool(what) else { return nil }
        return try double(what)
    }

    mutating func optionalCount(_ what: StaticString) throws(WireError) -> Int? {
        guard try bool(what) else { return nil }
        return try wholeNumber(what)
    }

    mutating func wholeNumber(_ what: StaticString) throws(WireError) -> Int {
        let value: Int64 = try integer(what)
        guard (0...(1 << 48)).contains(value) else {
            throw .badValue(what: "\(what)", value: "\(value)")
        }
        return Int(value)
    }

    mutating func optionalCase<Case>(
        _ what: StaticString,
        of cases: [Case]
    ) throws(WireError) -> Case? {
        guard let index = try optionalCount(what) else { return nil }
        guard cases.indices.contains(index) else {
            throw .badValue(what: "\(what)", value: "\(index)")
        }
        return cases[index]
    }

    mutating func doubles(_ what: StaticString, limit: Int) throws(WireError) -> [Double] {
        let count = try count(what, limit: limit, itemBytes: 8)
        var values: [Double] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try double(what)) }
        return values
    }

    mutating func floats(_ what: StaticString, limit: Int) throws(WireError) -> [Float] {
        let count = try count(what, limit: limit, itemBytes: 4)
        var values: [Float] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try float(what)) }
        return values
    }
}

extension ByteWriter {
    mutating func write(_ values: [Double]) {
        write(UInt32(values.count))
        for value in values { write(value) }
    }

    mutating func write(_ values: [Float]) {
        write(UInt32(values.count))
        for value in values { write(value) }
    }
}

/// Most elements of any vector that crosses the seam or lies in a checkpoint.
let elementsMax = 1 << 30
