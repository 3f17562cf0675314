internal import Datasets
internal import Domain
internal import Wire

extension ImportOptions {
    init(from reader: inout ByteReader) throws(WireError) {
        self.init()
        format = try reader.optional("format") { reader throws(WireError) in
            try reader.word("format", of: Format.self)
        }
        label = try reader.optionalText("label")
        header = try reader.optional("header") { reader throws(WireError) in
            try reader.bool("header")
        }
        drop = try reader.texts("columns to drop")
        only = try reader.texts("columns to take")
        missing = try reader.optional("missing") { reader throws(WireError) in
            try reader.word("missing", of: Missing.self)
        }
        indexBase = try reader.optionalSize("index base")
        classes = try reader.optional("classes") { reader throws(WireError) in
            try reader.texts("classes")
        }
        columns = try reader.optionalSize("columns")
        allowsOneClass = try reader.bool("one class")
        meanRowsMin = try reader.size("rows of a mean")
        tellsBytes = try reader.bool("tells bytes")
        layout = try reader.optional("layout") { reader throws(WireError) in
            try reader.word("layout", of: RowLayout.self)
        }
        known = try reader.optional("known columns") { reader throws(WireError) in
            let mapping = try ColumnMapping(from: &reader)
            let labels = try reader.optional("known labels", LabelKind.init(from:))
            return KnownColumns(mapping: mapping, labels: labels)
        }
        limits = try ImportLimits(from: &reader)
    }

    func write(to writer: inout ByteWriter) {
        writer.write(optionalText: format?.rawValue)
        writer.write(optionalText: label)
        writer.writeOptional(header) { writer, value in writer.write(value) }
        writer.write(texts: drop)
        writer.write(texts: only)
        writer.write(optionalText: missing?.rawValue)
        writer.write(optionalSize: indexBase)
        writer.writeOptional(classes) { writer, names in writer.write(texts: names) }
        writer.write(optionalSize: columns)
        writer.write(allowsOneClass)
        writer.write(Int64(meanRowsMin))
        writer.write(tellsBytes)
        writer.write(optionalText: layout?.rawValue)
        writer.writeOptional(known) { writer, known in
            known.mapping.write(to: &writer)
            writer.writeOptional(known.labels) { writer, labels in labels.write(to: &writer) }
        }
        limits.write(to: &writer)
    }
}

extension ImportLimits {
    /// The fields in the order in which they cross the seam.
    private static var fields: [WritableKeyPath<ImportLimits, Int>] {
        [
            \.lineBytesMax, \.fieldBytesMax, \.tableColumnsMax, \.columnsMax, \.rowsMax,
            \.categoriesMax, \.classesMax, \.bytesMax, \.ratioMax, \.ratioFreeBytes,
            \.turnedBytesMax,
        ]
    }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        self.init()
        for field in Self.fields { self[keyPath: field] = try reader.size("limit") }
    }

    fileprivate func write(to writer: inout ByteWriter) {
        for field in Self.fields { writer.write(Int64(self[keyPath: field])) }
    }
}
