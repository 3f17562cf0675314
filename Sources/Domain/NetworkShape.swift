/// A network over the columns of a dataset: what goes into each layer, and what comes out.
public struct NetworkShape: Hashable, Sendable {
    /// What lies between two layers: an image, its channels side by side in every pixel.
    public struct Extent: Hashable, Sendable {
        /// Rows of pixels; 1 where there is no image.
        public var height: Int
        /// Pixels of a row; 1 where there is no image.
        public var width: Int
        /// Values of a pixel.
        public var channels: Int

        /// Number of values.
        public var count: Int { height * width * channels }

        /// An image of this size.
        public init(height: Int, width: Int, channels: Int) {
            (self.height, self.width, self.channels) = (height, width, channels)
        }
    }

    /// One layer in its place.
    public struct Stage: Hashable, Sendable {
        /// What it does.
        public let layer: NetworkLayer
        /// What it gets.
        public let input: Extent
        /// What it gives.
        public let output: Extent
        /// Where its weights begin among the parameters.
        ///
        /// Shapes: weights (outputs, inputs) row-major for dense layers, (channels, kernel,
        /// kernel, input channels) for convolutions; then the biases, one per output or channel.
        public let weights: Range<Int>
        /// Where its biases lie, behind the weights.
        public let biases: Range<Int>
    }

    /// The layers from the input on; the last is the dense one of the outputs.
    public let stages: [Stage]
    /// The activation of the hidden layers.
    public let activation: Activation

    /// The network's layers on rows of `columns` values, which are images where `image` says so.
    ///
    /// `image` is the height and width of one image, and its channels where there are several.
    public init(
        _ spec: NetworkSpec,
        columns: Int,
        image: [Int]?,
        outputs: Int
    ) throws(NetworkSpecError) {
        var extent = Extent(height: 1, width: 1, channels: columns)
        if spec.isConvolutional {
            guard let image, (2...3).contains(image.count), image.reduce(1, *) == columns else {
                throw NetworkSpecError(
                    layer: nil,
                    reason: "a convolution needs images, and these rows are none"
                )
            }
            let channels = image.count > 2 ? image[2] : 1
            extent = Extent(height: image[0], width: image[1], channels: channels)
        }
        var stages: [Stage] = []
        var parameters = 0
        for (index, layer) in (spec.layers + [.dense(units: outputs)]).enumerated() {
            let next = try NetworkShape.output(of: layer, number: index + 1, from: extent)
            let weights = NetworkShape.weights(of: layer, from: extent)
            let biases = weights > 0 ? next.channels : 0
            stages.append(
                Stage(
                    layer: layer,
                    input: extent,
                    output: next,
                    weights: parameters..<parameters + weights,
                    biases: parameters + weights..<parameters + weights + biases
                )
            )
            parameters += weights + biases
            extent = next
            guard parameters <= NetworkShape.parametersMax else {
                throw NetworkSpecError(
                    layer: index + 1,
                    text: layer.description,
                    reason: "with it the network has more than \(NetworkShape.parametersMax) "
                        + "parameters"
                )
            }
        }
        self.stages = stages
        activation = spec.activation
    }

    /// Number of parameters of all layers.
    public var parameterCount: Int { stages.last?.biases.upperBound ?? 0 }

    /// Number of values that go in.
    public var columns: Int { stages.first?.input.count ?? 0 }

    /// Number of scores that come out.
    public var outputs: Int { stages.last?.output.count ?? 0 }

    /// The arrays of a finished model: `layer1.weights`, `layer1.biases` and so on, where a layer
    /// has any; layers count from 1 as they are typed, that of the outputs last.
    public var tensors: [TensorShape] {
        var tensors: [TensorShape] = []
        for (index, stage) in stages.enumerated() where !stage.weights.isEmpty {
            let name = "layer\(index + 1)"
            let dimensions: [Int]
            switch stage.layer {
            case .convolution(let channels, let kernel):
                dimensions = [channels, kernel, kernel, stage.input.channels]
            case .dense, .pool, .dropout: dimensions = [stage.output.count, stage.input.count]
            }
            tensors.append(TensorShape("\(name).weights", dimensions))
            tensors.append(TensorShape("\(name).biases", [stage.biases.count]))
        }
        return tensors
    }

    private static let parametersMax = 1 << 28

    private static func weights(of layer: NetworkLayer, from input: Extent) -> Int {
        switch layer {
        case .dense(let units): units * input.count
        case .convolution(let channels, let kernel): channels * kernel * kernel * input.channels
        case .pool, .dropout: 0
        }
    }

    private static func output(
        of layer: NetworkLayer,
        number: Int,
        from input: Extent
    ) throws(NetworkSpecError) -> Extent {
        switch layer {
        case .dense(let units): return Extent(height: 1, width: 1, channels: units)
        case .convolution(let channels, _):
            return Extent(height: input.height, width: input.width, channels: channels)
        case .pool(let size):
            guard input.height >= size, input.width >= size else {
                throw NetworkSpecError(
                    layer: number,
                    text: layer.description,
                    reason: "the image is only \(input.height) × \(input.width) there"
                )
            }
            return Extent(
                height: input.height / size,
                width: input.width / size,
                channels: input.channels
            )
        case .dropout: return input
        }
    }
}
