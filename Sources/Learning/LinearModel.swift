import CKernels
public import Domain
public import LinearAlgebra

/// A sum of losses over rows, by a flat parameter vector; it knows nothing of ranks, files or time.
public protocol Model: Sendable {
    /// Length p of the parameter and gradient vectors.
    var parameterCount: Int { get }

    /// Adds to `gradient` that of the *summed* loss over `batch`, which may be empty; returns the
    /// sum in nats (or squared units).
    ///
    /// Shapes: `parameters` (p), `gradient` (p or more; only the first p are touched).
    func addGradient(
        at parameters: borrowing Vector,
        over batch: Batch,
        into gradient: inout Vector
    ) -> Double
}

/// Scores that are linear in the features, with squared, logistic or softmax loss.
///
/// z = W·x + b·s, where s is the constant column's value (1 for a free bias). Parameters lie flat:
/// W (outputs, columns) row-major, then b (outputs) unless there is no bias.
public struct LinearModel: Model {
    /// What is fitted.
    public let kind: ModelKind
    /// Number of feature columns.
    public let columns: Int
    /// Number of scores: 1, or the number of classes for softmax.
    public let outputs: Int
    /// Constant term.
    public let bias: Bias
    /// Value of the constant column.
    public let biasScale: Float

    let loss: Loss

    /// What a row of each class counts, with mean one; empty where all count one.
    public var classWeights: [Float] = []

    /// A model of `columns` features and, for softmax, `classes` classes.
    public init(kind: ModelKind, columns: Int, classes: Int, bias: Bias, biasScale: Float = 1) {
        precondition(columns >= 0, "a model cannot have \(columns) columns")
        precondition(kind != .softmax || classes > 1, "softmax over \(classes) classes")
        self.kind = kind
        self.columns = columns
        self.bias = bias
        self.biasScale = bias == .feature ? biasScale : 1
        switch kind {
        case .linear: (outputs, loss) = (1, .squared)
        case .logistic: (outputs, loss) = (1, .logistic)
        case .softmax: (outputs, loss) = (classes, .softmax(classes: classes))
        case .svm:
            outputs = classes > 2 ? classes : 1
            loss = .hinge(outputs: outputs)
        case .mlp, .cnn, .kernelSVM: preconditionFailure("\(kind) is not linear in the features")
        }
    }

    /// The model that a finished model's shape describes.
    public init(_ shape: ModelShape) {
        self.init(
            kind: shape.kind,
            columns: shape.columns,
            classes: Swift.max(2, shape.classes),
            bias: shape.bias,
            biasScale: shape.biasScale
        )
    }

    /// Number of weights, biases not counted.
    public var weightCount: Int { outputs * columns }

    /// Length of the parameter vector.
    public var parameterCount: Int { weightCount + (bias == .none ? 0 : outputs) }

    /// How many of the first parameters L2 counts: a free bias is never penalised.
    public var penalizedCount: Int { bias == .feature ? parameterCount : weightCount }

    /// A bound of the loss's second derivative by the scores.
    public var curvature: Double { loss.curvature }

    /// Writes the scores of every row.
    ///
    /// Shapes: `parameters` (p), `scores` (rows, outputs) row-major.
    public func writeScores(
        at parameters: borrowing Vector,
        of batch: Batch,
        to scores: UnsafeMutablePointer<Float>
    ) {
        precondition(parameters.count >= parameterCount, "\(parameters.count) parameters")
        guard let weights = parameters.buffer.baseAddress else { return }
        multiply(batch, byTransposed: weights, outputs: outputs, into: scores)
        guard bias != .none else { return }
        let biases = weights + weightCount
        for row in 0..<batch.rows {
            for output in 0..<outputs {
                scores[row * outputs + output] += biasScale * biases[output]
            }
        }
    }

    /// Adds the gradient of the summed loss over `batch`; returns that sum.
    public func addGradient(
        at parameters: borrowing Vector,
        over batch: Batch,
        into gradient: inout Vector
    ) -> Double {
        guard batch.rows > 0 else { return 0 }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: batch.rows * outputs) {
            room in
            guard let scores = room.baseAddress else { return 0 }
            let total = writeResiduals(at: parameters, of: batch, to: scores)
            addGradient(of: scores, over: batch, into: &gradient)
            return total
        }
    }

    /// The summed loss over `batch`, without its gradient.
    public func summedLoss(at parameters: borrowing Vector, over batch: Batch) -> Double {
        guard batch.rows > 0 else { return 0 }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: batch.rows * outputs) {
            room in
            guard let scores = room.baseAddress else { return 0 }
            return writeResiduals(at: parameters, of: batch, to: scores)
        }
    }

    /// Writes the derivative of every row's loss by its scores; returns the summed loss.
    ///
    /// Shapes: `residuals` (rows, outputs) row-major.
    func writeResiduals(
        at parameters: borrowing Vector,
        of batch: Batch,
        to residuals: UnsafeMutablePointer<Float>
    ) -> Double {
        writeScores(at: parameters, of: batch, to: residuals)
        if case .logistic = loss, case .classes(let labels) = batch.labels {
            let weights = classWeights.isEmpty ? nil : classWeights
            return ck_logistic_f32(residuals, labels, batch.rows, weights)
        }
        var total = 0.0
        for row in 0..<batch.rows {
            total += loss.take(
                residuals + row * outputs,
                outputs: outputs,
                label: batch.label(of: row),
                classWeights: classWeights
            )
        }
        return total
    }

    /// Adds the gradient that follows from `residuals`.
    func addGradient(
        of residuals: UnsafePointer<Float>,
        over batch: Batch,
        into gradient: inout Vector
    ) {
        precondition(gradient.count >= parameterCount, "\(gradient.count) gradient elements")
        guard let target = gradient.buffer.baseAddress else { return }
        addProduct(ofTransposed: residuals, outputs: outputs, and: batch, into: target)
        addBiasGradient(of: residuals, rows: batch.rows, into: target + weightCount)
    }

    /// What a row counts.
    func weight(of row: Int, in batch: Batch) -> Double {
        guard !classWeights.isEmpty, case .classes(let labels) = batch.labels else { return 1 }
        return Double(classWeights[Int(labels[row])])
    }

    private func addBiasGradient(
        of residuals: UnsafePointer<Float>,
        rows: Int,
        into target: UnsafeMutablePointer<Float>
    ) {
        guard bias != .none else { return }
        for row in 0..<rows {
            for output in 0..<outputs {
                target[output] += biasScale * residuals[row * outputs + output]
            }
        }
    }
}

extension Batch {
    /// The label of one row as a number.
    func label(of row: Int) -> Float {
        switch labels {
        case .classes(let base): Float(base[row])
        case .real(let base): base[row]
        case .none: preconditionFailure("row \(row) has no label to learn from")
        }
    }
}
