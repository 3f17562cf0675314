public import Domain
public import Learning
public import Wire

/// What one rank is asked to do in a run; the data come beside it.
public struct TrainingTask: Equatable, Sendable {
    /// How to search; its names are placeholders.
    public var spec: RunSpec
    /// Number of classes; 0 for real labels.
    public var classes: Int
    /// Number of feature columns.
    public var columns: Int
    /// Whether rows are sparse.
    public var isSparse: Bool

    /// A task with all its fields.
    public init(spec: RunSpec, classes: Int, columns: Int, isSparse: Bool) {
        self.spec = spec
        self.classes = classes
        self.columns = columns
        self.isSparse = isSparse
    }

    /// Reads what `encoded` wrote.
    public init(from reader: inout ByteReader) throws(WireError) {
        spec = try readSpec(from: &reader)
        classes = try reader.wholeNumber("classes")
        columns = try reader.wholeNumber("columns")
        isSparse = try reader.bool("sparse")
    }

    /// Writes it for the seam.
    public func write(to writer: inout ByteWriter) {
        Training.write(spec, to: &writer)
        writer.write(Int64(classes))
        writer.write(Int64(columns))
        writer.write(isSparse)
    }

    /// What is fitted, as chosen or said.
    public var model: LinearModel {
        let labels =
            classes == 0 ? LabelKind.real : .classes([String](repeating: "", count: classes))
        return LinearModel(
            kind: spec.model ?? Choices.model(for: labels),
            columns: columns,
            classes: Swift.max(2, classes),
            bias: spec.bias,
            biasScale: spec.biasScale
        )
    }

    /// Bytes of shared memory that a rank needs beyond its control page: vectors that are summed,
    /// and room to hand over a checkpoint.
    ///
    /// Pages that are never touched cost nothing, so this is generous.
    public var sharedBytes: Int {
        let parameters = model.parameterCount
        return 64 * (parameters + 4 * columns + 65_536)
    }
}
