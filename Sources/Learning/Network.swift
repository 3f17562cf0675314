public import Domain
public import LinearAlgebra

/// A network of dense and convolutional layers with softmax, logistic or squared loss.
///
///     z₀ = x      aᵢ = Wᵢ·zᵢ₋₁ + bᵢ      zᵢ = φ(aᵢ)      loss = ℓ(a_last, y)
///     δ_last = ∂ℓ/∂a_last      ∂/∂Wᵢ = Σ δᵢ·zᵢ₋₁ᵀ      ∂/∂bᵢ = Σ δᵢ
///     δᵢ₋₁ = φ′(aᵢ₋₁) ⊙ Wᵢᵀ·δᵢ
///
/// A convolution is the dense layer of every pixel's window (im2col), a pooling hands δ to the
/// pixel that it took. Images lie with the channels of a pixel side by side, so the rows of a
/// convolution's product are its output as it is. Parameters lie flat, as `NetworkShape` says.
public struct Network: Model {
    /// The layers in their places.
    public let shape: NetworkShape
    let loss: Loss

    /// The network of `shape` for `classes` classes; 0 for real labels.
    ///
    /// - Precondition: the outputs fit: one for real labels and for two classes, else one a class.
    public init(shape: NetworkShape, classes: Int) {
        precondition(
            shape.outputs == Network.outputs(classes: classes),
            "\(shape.outputs) outputs for \(classes) classes"
        )
        self.shape = shape
        loss = classes == 0 ? .squared : shape.outputs == 1 ? .logistic : .softmax(classes: classes)
    }

    /// The network that a shape describes; nil for other models, and where the layers do not fit.
    public init?(_ shape: ModelShape) {
        guard let layers = try? shape.networkShape else { return nil }
        self.init(shape: layers, classes: shape.classes)
    }

    /// Number of scores for so many classes; 0 stands for real labels.
    public static func outputs(classes: Int) -> Int { classes > 2 ? classes : 1 }

    /// Length of the parameter vector.
    public var parameterCount: Int { shape.parameterCount }

    /// Parameters to begin with, from the seed alone: the same bits everywhere.
    ///
    /// Weights before ReLU and GELU are uniform within ±√(6/inputs), others within
    /// ±√(6/(inputs + outputs)); biases are zero.
    /// Source: He et al., "Delving deep into rectifiers", ICCV 2015; Glorot & Bengio,
    /// "Understanding the difficulty of training deep feedforward neural networks", 2010.
    public func makeParameters(seed: UInt64) -> Vector {
        var parameters = Vector(zeros: parameterCount)
        for (index, stage) in shape.stages.enumerated() where !stage.weights.isEmpty {
            let outputs = stage.output.channels
            let inputs = stage.weights.count / outputs
            let isLast = index == shape.stages.count - 1
            let isRectified = !isLast && shape.activation != .tanh
            let fan = Double(isRectified ? inputs : inputs + outputs)
            let bound = (6 / fan).squareRoot()
            var generator = SeededGenerator(seed: seed, 0x6E6574, UInt64(index))
            for weight in stage.weights {
                let uniform = Double(generator.next() >> 11) * 0x1p-53
                parameters[weight] = Float((2 * uniform - 1) * bound)
            }
        }
        return parameters
    }

    /// Adds the gradient of the summed loss over `batch`, nothing left out; returns that sum.
    public func addGradient(
        at parameters: borrowing Vector,
        over batch: Batch,
        into gradient: inout Vector
    ) -> Double {
        let pass = NetworkPass(self)
        let loss = pass.loss(at: parameters, over: batch, step: nil)
        var fresh = Vector(zeros: parameterCount)
        pass.writeGradient(at: parameters, over: batch, into: &fresh) { _, _ in }
        for index in 0..<parameterCount { gradient[index] += fresh[index] }
        return loss
    }
}

/// What a finished network says of rows.
public final class NetworkScorer: Scorer {
    private let network: Network
    private let threshold: Float
    private let parameters: Vector
    private let pass: NetworkPass

    /// A scorer with a network's own parameters.
    public init(_ network: Network, _ shape: ModelShape, parameters: consuming Vector) {
        self.network = network
        threshold = shape.threshold ?? 0
        self.parameters = parameters
        pass = NetworkPass(network)
    }

    /// 1, or one for each class.
    public var outputs: Int { network.shape.outputs }

    /// The scores of every row, block by block; nothing is left out.
    public func writeScores(of batch: Batch, to scores: UnsafeMutablePointer<Float>) {
        var low = 0
        while low < batch.rows {
            let high = Swift.min(batch.rows, low + pass.blockRows)
            pass.score(batch.slice(low..<high), at: parameters)
            (scores + low * outputs).update(from: pass.scores, count: (high - low) * outputs)
            low = high
        }
    }

    /// The largest score, or whether a single one exceeds the threshold.
    public func bestClass(_ scores: UnsafePointer<Float>) -> Int {
        largest(scores, outputs: outputs, threshold: threshold)
    }

    /// Of networks that tell classes apart.
    public func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float] {
        network.loss.probabilities(scores)
    }

    /// The loss that the network was trained by.
    public func loss(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double {
        network.loss.take(scores, label: label)
    }
}
