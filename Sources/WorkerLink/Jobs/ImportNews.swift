public import Datasets
public import Wire

extension ImportProgress {
    /// Reads what a progress message of an import holds.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let phase = try reader.word("phase", of: Phase.self)
        let done = try reader.size("bytes")
        let all = try reader.size("bytes of the phase")
        let rows = try reader.size("rows")
        try reader.finish()
        self.init(phase: phase, bytes: done, bytesMax: all, rows: rows)
    }

    /// What a progress message of an import holds.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(phase.rawValue)
        for number in [bytes, bytesMax, rows] { writer.write(Int64(number)) }
        return writer.bytes
    }
}

extension DatasetError {
    /// Reads the detail of a worker's failure; all texts are made safe to show.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let code = try reader.word("code", of: Code.self)
        let reason = try reader.string("reason", limit: textBytesMax)
        let file = try reader.optionalText("file")
        let line = try reader.optionalSize("line")
        let column = try reader.optionalSize("column")
        let hint = try reader.optionalText("hint")
        try reader.finish()
        self.init(
            code,
            printable(reason),
            file: file.map(printable),
            line: line,
            column: column,
            hint: hint.map(printable)
        )
    }

    /// The detail of a worker's failure.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(code.rawValue)
        writer.write(reason)
        writer.write(optionalText: file)
        writer.write(optionalSize: line)
        writer.write(optionalSize: column)
        writer.write(optionalText: hint)
        return writer.bytes
    }
}

extension WorkerFailure {
    /// Data were refused, or are damaged; the whole refusal is the detail.
    public init(_ error: DatasetError) {
        self.init(code: error.code.rawValue, message: "\(error)", detail: error.encoded)
    }

    /// The refusal of data that this is, if it is one.
    public var datasetError: DatasetError? { try? DatasetError(bytes: detail) }
}
