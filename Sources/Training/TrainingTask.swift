public import Domain
import Learning
public import Wire

/// What one rank is asked to do in a run; the data come beside it.
public struct TrainingTask: Hashable, Codable, Sendable {
    /// How to search; its names are placeholders.
    public var spec: RunSpec
    /// Number of classes; 0 for real labels.
    public var classes: Int
    /// Number of feature columns.
    public var columns: Int
    /// Whether rows are sparse.
    public var isSparse: Bool
    /// Height, width and, where there are several, channels of an image row; nil for other rows.
    public var imageShape: [Int]?
    /// Rows of all shards of the dataset.
    public var rows = 0
    /// Values that all shards store.
    public var storedValues = 0
    /// Weight of each class as it was said; empty where all count 1.
    public var classWeights: [Double] = []
    /// Rows that every sum which leaves a rank is over, at least; 0 where any will do.
    public var localRowsMin = 0
    /// Whether no value of a single row may leave a rank, such as the largest of a column.
    public var hidesRows = false

    /// A task over rows of this form.
    public init(spec: RunSpec, classes: Int, columns: Int, isSparse: Bool) {
        self.spec = spec
        self.classes = classes
        self.columns = columns
        self.isSparse = isSparse
    }

    /// Reads what `write` wrote.
    public init(from reader: inout ByteReader) throws(WireError) {
        self = try reader.decode(TrainingTask.self, "task")
        let counts = [classes, columns, rows, storedValues, localRowsMin]
        guard counts.allSatisfy((0...elementsMax).contains) else {
            throw .badValue(what: "task", value: "\(counts)")
        }
    }

    /// Writes it for the seam; neither the run's name nor a dataset's crosses.
    public func write(to writer: inout ByteWriter) {
        var bare = self
        bare.spec.dataset = DatasetName(checked: "unnamed")
        bare.spec.name = nil
        bare.spec.validationDataset = nil
        bare.spec.nodes = []
        bare.spec.weighing.classWeights = []
        writer.write(coding: bare)
    }

    /// What is fitted, as chosen or said.
    public var kind: ModelKind {
        let labels =
            classes == 0 ? LabelKind.real : .classes([String](repeating: "", count: classes))
        return spec.model ?? Choices.model(for: labels, by: spec)
    }

    /// Whether the search goes by whole passes over raw rows: L-BFGS, Newton, linear machines.
    var usesSolver: Bool {
        switch spec.algorithm {
        case .lbfgs, .newton: kind.isLinear
        case .svm: kind == .svm || mapsRows
        case .gd, .sgd: false
        }
    }

    /// Whether the search is for a machine over support vectors.
    var usesKernel: Bool { kind == .kernelSVM && spec.svm?.mode != .features }

    /// How the finished model will be read, as far as it is known before the search.
    public var shape: ModelShape {
        var shape = ModelShape(
            kind: kind,
            columns: columns,
            classes: classes == 0 ? 0 : Swift.max(2, classes),
            bias: spec.bias,
            biasScale: spec.biasScale
        )
        shape.network = spec.network
        shape.imageShape = imageShape
        if kind == .svm {
            let svm = spec.svm ?? SVMSpec()
            let isJoint = svm.multiclass == .crammerSinger && shape.outputs > 1
            shape.charge =
                isJoint ? .crammerSinger : svm.loss == .hinge ? .hinge : .squaredHinge
        }
        return shape
    }

    /// The network to train; nil for other models.
    var network: Network? { Network(shape) }

    /// Bytes of the longest sum that is not made where it lies, 8 MiB at most.
    ///
    /// Those are packed second derivatives, where a search sums them whole; what is longer travels
    /// in pieces.
    public var carriedBytes: Int {
        guard usesSolver, columns <= 4096 else { return 0 }
        let outputs = classes > 2 ? classes : 1
        let packed = outputs * (columns + 1) * (columns + 2) / 2
        return Swift.min(8 * (packed + 8 * outputs * (columns + 2)), 8 << 20)
    }

    /// Bytes of shared memory that a rank needs beyond its control page: vectors that are summed,
    /// and room to hand over a checkpoint and a model.
    ///
    /// Pages that are never touched cost nothing, so this is generous.
    public var sharedBytes: Int {
        // A checkpoint of a kernel machine has a number for each row and each other class.
        let machine = 2 * storedValues + (16 + classes) * rows
        let parameters =
            mapsRows ? mappedWords : kind == .kernelSVM ? machine : shape.wordCount
        // Sums of second derivatives, packed, where the columns are few.
        let squares = columns <= 4096 ? columns * columns : 0
        return 64 * (parameters + 4 * columns + 65_536) + 16 * squares + (32 << 20)
    }
}
