public import Domain
public import LinearAlgebra

/// A finished model as it is applied to raw rows.
///
/// It may keep room for its work between calls: one owner, one thread.
public protocol Scorer: AnyObject {
    /// Number of scores of a row.
    var outputs: Int { get }

    /// Writes the scores of every row.
    ///
    /// Shapes: `scores` (rows, outputs) row-major.
    func writeScores(of batch: Batch, to scores: UnsafeMutablePointer<Float>)

    /// The class that the scores of one row call, as it is evaluated and predicted.
    ///
    /// Shapes: `scores` (outputs).
    func bestClass(_ scores: UnsafePointer<Float>) -> Int

    /// Probability of each class; empty where the model has none. The scores are lost.
    ///
    /// Shapes: `scores` (outputs), the result (classes).
    func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float]

    /// The loss of one row, in nats or half squared units, or as the model was fitted. The scores
    /// are lost.
    ///
    /// Shapes: `scores` (outputs).
    func loss(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double
}

/// The scorer of a finished model.
///
/// Shapes: `words` (`shape.wordCount`).
/// - Precondition: the words are as many as the shape says.
public func makeScorer(_ shape: ModelShape, words: [Float]) -> any Scorer {
    precondition(
        words.count == shape.wordCount,
        "\(words.count) words for a model of \(shape.wordCount)"
    )
    let inputs = shape.isScaled ? 2 * shape.columns : 0
    let own = words[inputs...]
    let scorer: any Scorer
    switch shape.kind {
    case .linear, .logistic, .softmax, .svm:
        scorer = LinearScorer(shape, parameters: Vector(Array(own)))
    case .mlp, .cnn:
        guard let network = Network(shape) else {
            preconditionFailure("the layers of \(shape) do not fit each other")
        }
        scorer = NetworkScorer(network, shape, parameters: Vector(Array(own)))
    case .kernelSVM:
        guard let kernel = shape.kernel else {
            preconditionFailure("a kernel machine without its kernel: \(shape)")
        }
        scorer = KernelScorer(shape, kernel, words: own)
    }
    guard shape.isScaled else { return scorer }
    return ScaledScorer(
        scorer,
        centers: Array(words[..<shape.columns]),
        factors: Array(words[shape.columns..<inputs])
    )
}

/// Scores that are linear in the features.
public final class LinearScorer: Scorer {
    private let model: LinearModel
    private let threshold: Float
    private let parameters: Vector

    /// A scorer with a model's own parameters.
    public init(_ shape: ModelShape, parameters: consuming Vector) {
        model = LinearModel(shape)
        threshold = shape.threshold ?? 0
        self.parameters = parameters
    }

    /// 1, or one for each class.
    public var outputs: Int { model.outputs }

    /// X·Wᵀ + b.
    public func writeScores(of batch: Batch, to scores: UnsafeMutablePointer<Float>) {
        model.writeScores(at: parameters, of: batch, to: scores)
    }

    /// The largest score, or whether a single one exceeds the threshold.
    public func bestClass(_ scores: UnsafePointer<Float>) -> Int {
        largest(scores, outputs: outputs, threshold: threshold)
    }

    /// Of logistic and softmax models.
    public func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float] {
        model.loss.probabilities(scores)
    }

    /// The loss that the model was fitted by.
    public func loss(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double {
        model.loss.take(scores, label: label)
    }
}

/// A scorer of scaled rows that is handed raw ones.
///
/// Sparse rows that are moved are no longer sparse.
final class ScaledScorer: Scorer {
    private let inner: any Scorer
    private let centers: [Float]
    private let factors: [Float]
    private let isMoved: Bool
    private var room: BatchBuffer?

    init(_ inner: any Scorer, centers: [Float], factors: [Float]) {
        self.inner = inner
        self.centers = centers
        self.factors = factors
        isMoved = centers.contains { $0 != 0 }
    }

    var outputs: Int { inner.outputs }

    func writeScores(of batch: Batch, to scores: UnsafeMutablePointer<Float>) {
        let isSparse = batch.isSparse && !isMoved
        let buffer =
            room ?? BatchBuffer(columns: batch.columns, isSparse: isSparse, isReal: false)
        room = buffer
        buffer.clear()
        let unlabelled = Batch(
            rows: batch.rows,
            columns: batch.columns,
            features: batch.features,
            labels: .none
        )
        for row in 0..<batch.rows { buffer.append(row: row, of: unlabelled) }
        buffer.scale(centers: centers, factors: factors)
        buffer.withBatch { scaled in inner.writeScores(of: scaled, to: scores) }
    }

    func bestClass(_ scores: UnsafePointer<Float>) -> Int { inner.bestClass(scores) }

    func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float] {
        inner.probabilities(scores)
    }

    func loss(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double {
        inner.loss(scores, label: label)
    }
}

/// The class of the largest score; for a single score whether it exceeds the threshold.
func largest(_ scores: UnsafePointer<Float>, outputs: Int, threshold: Float) -> Int {
    guard outputs > 1 else { return scores[0] > threshold ? 1 : 0 }
    var best = 0
    for k in 1..<outputs where scores[k] > scores[best] { best = k }
    return best
}
