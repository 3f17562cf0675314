/// One named array of a finished model.
public struct TensorShape: Hashable, Sendable {
    /// What the words of an array are.
    public enum Element: Sendable {
        /// IEEE single precision.
        case float32
        /// Whole numbers, as bit patterns among the floats.
        case int32
    }

    /// Its name in the model file.
    public var name: String
    /// Its lengths, row-major.
    public var dimensions: [Int]
    /// What its words are.
    public var element: Element

    /// An array with its name and lengths.
    public init(_ name: String, _ dimensions: [Int], _ element: Element = .float32) {
        self.name = name
        self.dimensions = dimensions
        self.element = element
    }

    /// Number of words.
    public var count: Int { dimensions.reduce(1, *) }
}

/// How the parameters of a finished model are to be read.
///
/// A model is this shape and one array of 32-bit words: `tensors`, one after the other.
public struct ModelShape: Hashable, Codable, Sendable {
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
    /// The layers, for a network.
    public var network: NetworkSpec?
    /// The support vectors, for a kernel machine.
    public var kernel: KernelShape?
    /// What a linear support vector machine was charged for; nil for other models, and where it is
    /// not known.
    public var charge: MachineCharge?
    /// Height, width and, where there are several, channels of an image row.
    public var imageShape: [Int]?
    /// Whether raw features are taken as (x − center)·factor before anything else.
    public var isScaled = false
    /// The score above which the second of two classes is called; nil is 0, or a half.
    ///
    /// In the unit of the model's score: log-odds for logistic ones, the margin for machines.
    public var threshold: Float?

    /// A shape of a model whose scores are linear in its features.
    public init(kind: ModelKind, columns: Int, classes: Int, bias: Bias, biasScale: Float) {
        self.kind = kind
        self.columns = columns
        self.classes = classes
        self.bias = bias
        self.biasScale = biasScale
    }

    /// Number of scores of a row.
    public var outputs: Int {
        switch kind {
        case .linear, .logistic: 1
        case .softmax: classes
        case .svm: classes == 2 ? 1 : classes
        case .mlp, .cnn: classes > 2 ? classes : 1
        case .kernelSVM: kernel?.outputs(classes: classes) ?? 0
        }
    }

    /// Whether its scores say how likely each class is, so that a loss in nats has a meaning.
    public var isLikelihood: Bool {
        switch kind {
        case .logistic, .softmax: true
        case .mlp, .cnn: classes > 0
        case .linear, .svm, .kernelSVM: false
        }
    }

    /// The arrays, in the order in which their words lie.
    public var tensors: [TensorShape] {
        var tensors: [TensorShape] = []
        if isScaled {
            tensors.append(TensorShape("input.centers", [columns]))
            tensors.append(TensorShape("input.factors", [columns]))
        }
        if kind.isLinear {
            tensors.append(TensorShape("weights", [outputs, columns]))
            if bias != .none { tensors.append(TensorShape("bias", [outputs])) }
        }
        if let layers = try? networkShape { tensors += layers.tensors }
        if let kernel { tensors += kernel.tensors(columns: columns, classes: classes) }
        return tensors
    }

    /// Number of words of the whole model.
    public var wordCount: Int { tensors.reduce(0) { $0 + $1.count } }

    /// The layers of a network over this model's columns; nil for other models.
    public var networkShape: NetworkShape? {
        get throws(NetworkSpecError) {
            guard let network else { return nil }
            return try NetworkShape(
                network,
                columns: columns,
                image: imageShape,
                outputs: outputs
            )
        }
    }

    /// Whether its numbers make sense, however hostile whoever wrote them is: then `tensors` and
    /// `wordCount` do not trap, and the words are at most `wordsMax`.
    public func isSound(wordsMax: Int) -> Bool {
        let small = 0...wordsMax
        guard small.contains(columns), (0...(1 << 16)).contains(classes) else { return false }
        guard kind == .linear ? classes == 0 : kind == .mlp || kind == .cnn || classes > 1,
            (kind == .mlp || kind == .cnn) == (network != nil),
            (kind == .kernelSVM) == (kernel != nil)
        else { return false }
        if let kernel {
            let counts = [kernel.supports, kernel.nonzeros ?? 0, kernel.features ?? 0]
            guard counts.allSatisfy(small.contains) else { return false }
            let rows = Swift.max(kernel.supports, kernel.features ?? 0)
            let width = Swift.max(columns, classes * classes)
            guard rows == 0 || width <= wordsMax / rows else { return false }
        } else if network != nil {
            guard (try? networkShape) != nil else { return false }
        } else {
            guard outputs == 0 || columns <= wordsMax / outputs else { return false }
        }
        return wordCount <= wordsMax
    }
}
