public import Domain
public import Learning
public import Wire

/// How the parameters of a finished model are to be read.
public struct ModelShape: Equatable, Sendable {
    /// What was fitted.
    public var kind: ModelKind
    /// Number of feature columns.
    public var columns: Int
    /// Number of classes; 0 for real labels.
    public var classes: Int
    /// Constant term.
    public var bias: Bias
    /// Value of the constant column where `bias` is `feature`.
    public var biasScale: Float

    /// A shape with all its fields.
    public init(kind: ModelKind, columns: Int, classes: Int, bias: Bias, biasScale: Float) {
        self.kind = kind
        self.columns = columns
        self.classes = classes
        self.bias = bias
        self.biasScale = biasScale
    }

    /// The shape that a manifest states.
    public init(_ manifest: ModelManifest) {
        kind = manifest.kind
        columns = manifest.mapping.count
        if case .classes(let names) = manifest.labels { classes = names.count } else { classes = 0 }
        bias = manifest.bias
        biasScale = manifest.biasScale
    }

    /// The model that reads them.
    public var model: LinearModel {
        LinearModel(
            kind: kind,
            columns: columns,
            classes: Swift.max(2, classes),
            bias: bias,
            biasScale: biasScale
        )
    }

    /// Reads what `write` wrote.
    public init(from reader: inout ByteReader) throws(WireError) {
        guard let kind = try reader.optionalCase("model", of: ModelKind.allCases),
            let bias = try reader.optionalCase("bias", of: Bias.allCases)
        else { throw .badValue(what: "model", value: "none") }
        let columns = try reader.wholeNumber("columns")
        let classes = try reader.wholeNumber("classes")
        guard columns < elementsMax, classes < elementsMax else {
            throw .badValue(what: "shape", value: "\(columns) columns, \(classes) classes")
        }
        guard kind == .linear ? classes == 0 : classes > 1 else {
            throw .badValue(what: "classes", value: "\(classes)")
        }
        let scale = try reader.float("bias scale")
        self.init(kind: kind, columns: columns, classes: classes, bias: bias, biasScale: scale)
    }

    /// Writes it for the seam.
    public func write(to writer: inout ByteWriter) {
        writer.writeOptional(ModelKind.allCases.firstIndex(of: kind))
        writer.writeOptional(Bias.allCases.firstIndex(of: bias))
        writer.write(Int64(columns))
        writer.write(Int64(classes))
        writer.write(biasScale)
    }
}
