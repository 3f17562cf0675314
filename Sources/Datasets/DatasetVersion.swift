public import Domain
import Wire

/// The content hash that is a dataset's version: over mapping, labels and shard hashes.
///
/// One whose rows stay where they are never has the version of one that is dealt to nodes.
public func datasetVersion(
    mapping: ColumnMapping,
    labels: LabelKind,
    shards: [ContentHash],
    isLocal: Bool = false
) -> ContentHash {
    var writer = ByteWriter()
    writer.write(isLocal ? "distml-local/1" : "distml-dataset/1")
    write(mapping, to: &writer)
    writer.write(labels == .real)
    if case .classes(let names) = labels { writer.writeArray(names) { $0.write($1) } }
    writer.writeArray(shards) { $0.writeRaw($1.bytes) }
    return contentHash(of: writer.bytes)
}

private func write(_ mapping: ColumnMapping, to writer: inout ByteWriter) {
    writer.writeOptional(mapping.columns) { writer, columns in
        writer.writeArray(columns) { writer, column in
            writer.write(column.name)
            writer.writeOptional(column.categories) { writer, texts in
                writer.writeArray(texts) { $0.write($1) }
            }
            writer.writeOptional(column.fill) { $0.write($1) }
        }
    }
    writer.write(Int64(mapping.count))
    writer.writeOptional(mapping.label) { $0.write($1) }
    writer.writeArray(mapping.dropped) { $0.write($1) }
    writer.writeOptional(mapping.indexBase) { $0.write(Int64($1)) }
    writer.writeOptional(mapping.imageShape) { writer, shape in
        writer.writeArray(shape) { $0.write(Int64($1)) }
    }
    writer.write(mapping.divisor)
}
