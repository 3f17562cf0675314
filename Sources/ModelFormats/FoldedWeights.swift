internal import Domain

/// The weights of a model that is linear in its features, for raw features: scaling and threshold
/// are folded in.
///
/// Of (x − c)·f scaled, W·((x − c)·f) + b = (W·f)·x + (b − Σ W·f·c).
struct FoldedWeights {
    /// Number of scores: one for real values and between two classes, else one for each class.
    private(set) var outputs: Int
    /// Number of feature columns.
    let columns: Int
    /// Weights (outputs, columns), row-major.
    private(set) var weights: [Double]
    /// Constant terms (outputs).
    private(set) var constants: [Double]

    /// The weights of a linear model, or of a linear kernel between two classes.
    /// - Throws: `FormatRefusal`, which names `format`, where the scores are not linear.
    init(_ model: ModelContents, format: String) throws(FormatRefusal) {
        let shape = model.shape
        columns = shape.columns
        outputs = shape.outputs
        if let own = model.tensor("weights") {
            weights = own.map(Double.init)
            let scale = shape.bias == .feature ? Double(shape.biasScale) : 1
            constants =
                model.tensor("bias").map { $0.map { Double($0) * scale } }
                ?? [Double](repeating: 0, count: outputs)
        } else if let kernel = shape.kernel, kernel.function.kind == .linear,
            kernel.features == nil, shape.classes == 2
        {
            (weights, constants) = linearSum(model, kernel)
        } else {
            throw FormatRefusal(
                "\(format) holds weights, and \(described(shape)) has none",
                hint: shape.kind == .kernelSVM
                    ? "export it with --to libsvm, onnx or safetensors"
                    : "export it with --to onnx or safetensors"
            )
        }
        if let centers = model.tensor("input.centers"), let factors = model.tensor("input.factors")
        {
            fold(Array(centers), Array(factors))
        }
        if outputs == 2 { subtract() }
        if outputs == 1, let threshold = shape.threshold { constants[0] -= Double(threshold) }
    }

    /// Makes one score of two: by how much the second is larger.
    private mutating func subtract() {
        weights = (0..<columns).map { weights[columns + $0] - weights[$0] }
        constants = [constants[1] - constants[0]]
        outputs = 1
    }

    private mutating func fold(_ centers: [Float], _ factors: [Float]) {
        for output in 0..<outputs {
            for column in 0..<columns {
                let place = output * columns + column
                weights[place] *= Double(factors[column])
                constants[output] -= weights[place] * Double(centers[column])
            }
        }
    }
}

/// ω = Σ coefficient · support vector, signed so that a positive score is the second class.
private func linearSum(
    _ model: ModelContents,
    _ kernel: KernelShape
) -> (weights: [Double], constants: [Double]) {
    let sign: Double = kernel.isOneVsRest ? 1 : -1
    let supports = SupportVectors(model, kernel)
    let coefficients = model.tensor("coefficients") ?? []
    var weights = [Double](repeating: 0, count: model.shape.columns)
    for row in 0..<supports.count {
        let factor = sign * Double(coefficients[coefficients.startIndex + row])
        supports.forEachNonzero(row) { weights[$0] += factor * Double($1) }
    }
    return (weights, [-sign * Double(model.tensor("rho")?.first ?? 0)])
}

private func described(_ shape: ModelShape) -> String {
    switch shape.kind {
    case .mlp, .cnn: "a network (\(shape.kind.rawValue))"
    case .kernelSVM: "a kernel machine for \(shape.classes) classes"
    case .linear, .logistic, .softmax, .svm: "a \(shape.kind.rawValue) model"
    }
}
