internal import Datasets
internal import Domain
internal import Wire

extension ImportReport {
    init(from reader: inout ByteReader) throws(WireError) {
        let format = try reader.word("format", of: ImportOptions.Format.self)
        let layout = try reader.word("layout", of: RowLayout.self)
        let rows = try reader.size("rows")
        let columns = try reader.size("columns")
        let nonzeros = try reader.size("non-zeros")
        let mapping = try ColumnMapping(from: &reader)
        let labels = try reader.optional("labels", LabelKind.init(from:))
        let counts = try reader.array("class counts", limit: .max, itemBytes: 12) {
            reader throws(WireError) in
            let label = try reader.string("class", limit: textBytesMax)
            return ClassCount(label: label, count: try reader.size("rows of the class"))
        }
        let constant = try reader.sizes("constant columns")
        let duplicates = try reader.size("duplicate rows")
        let zeros = try reader.size("zero rows")
        self.init(
            format: format.rawValue,
            layout: layout,
            rows: rows,
            columns: columns,
            nonzeros: nonzeros,
            mapping: mapping,
            labels: labels,
            classCounts: counts,
            constantColumns: constant,
            duplicateRows: duplicates,
            zeroRows: zeros,
            remarks: try reader.texts("remarks").map(printable),
            warnings: try reader.texts("warnings").map(printable)
        )
    }

    func write(to writer: inout ByteWriter) {
        writer.write(format)
        writer.write(layout.rawValue)
        for number in [rows, columns, nonzeros] { writer.write(Int64(number)) }
        mapping.write(to: &writer)
        writer.writeOptional(labels) { writer, labels in labels.write(to: &writer) }
        writer.writeArray(classCounts) { writer, count in
            writer.write(count.label)
            writer.write(Int64(count.count))
        }
        writer.writeArray(constantColumns) { writer, column in writer.write(Int64(column)) }
        writer.write(Int64(duplicateRows))
        writer.write(Int64(zeroRows))
        writer.write(texts: remarks)
        writer.write(texts: warnings)
    }
}
