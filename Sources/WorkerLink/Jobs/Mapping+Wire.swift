internal import Domain
internal import Wire

extension ColumnMapping {
    init(from reader: inout ByteReader) throws(WireError) {
        let columns = try reader.optional("columns") { reader throws(WireError) in
            try reader.array("columns", limit: .max, itemBytes: 6, SourceColumn.init(from:))
        }
        let count = try reader.size("count of feature columns")
        let label = try reader.optionalText("label column")
        let dropped = try reader.texts("dropped columns")
        let indexBase = try reader.optionalSize("index base")
        let shape = try reader.optional("image shape") { reader throws(WireError) in
            try reader.sizes("image shape")
        }
        self.init(
            columns: columns,
            count: count,
            label: label,
            dropped: dropped,
            indexBase: indexBase,
            imageShape: shape,
            divisor: try reader.float("divisor")
        )
    }

    func write(to writer: inout ByteWriter) {
        writer.writeOptional(columns) { writer, columns in
            writer.writeArray(columns) { writer, column in column.write(to: &writer) }
        }
        writer.write(Int64(count))
        writer.write(optionalText: label)
        writer.write(texts: dropped)
        writer.write(optionalSize: indexBase)
        writer.writeOptional(imageShape) { writer, shape in
            writer.writeArray(shape) { writer, side in writer.write(Int64(side)) }
        }
        writer.write(divisor)
    }
}

extension SourceColumn {
    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let name = try reader.string("column", limit: textBytesMax)
        let categories = try reader.optional("categories") { reader throws(WireError) in
            try reader.texts("categories")
        }
        let fill = try reader.optional("fill") { reader throws(WireError) in
            try reader.float("fill")
        }
        self.init(name: name, categories: categories, fill: fill)
    }

    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.writeOptional(categories) { writer, texts in writer.write(texts: texts) }
        writer.writeOptional(fill) { writer, value in writer.write(value) }
    }
}

extension LabelKind {
    init(from reader: inout ByteReader) throws(WireError) {
        let isReal = try reader.bool("real labels")
        self = isReal ? .real : .classes(try reader.texts("classes"))
    }

    func write(to writer: inout ByteWriter) {
        switch self {
        case .real: writer.write(true)
        case .classes(let names):
            writer.write(false)
            writer.write(texts: names)
        }
    }
}
