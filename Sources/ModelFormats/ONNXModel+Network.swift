internal import Domain

extension ONNXGraph {
    /// Adds the layers of a network.
    ///
    /// Rows are images with the channels of a pixel side by side, ONNX wants channel after
    /// channel: axes are swapped in front of the first convolution, and back behind the last
    /// pooling.
    mutating func addNetwork(
        on input: String,
        _ model: ModelContents
    ) throws(FormatRefusal) {
        let network: NetworkShape?
        do throws(NetworkSpecError) { network = try model.shape.networkShape } catch {
            throw FormatRefusal("the model's layers are not understood: \(error)")
        }
        guard let network else { throw FormatRefusal("the model has no layers") }
        var value = input
        var isImage = false
        for (index, stage) in network.stages.enumerated() {
            let name = "layer\(index + 1)"
            let isLast = index == network.stages.count - 1
            switch stage.layer {
            case .dropout: continue
            case .pool(let size):
                value = add("MaxPool", [value], as: name, pooling(size))
                continue
            case .convolution(let channels, let kernel):
                if !isImage {
                    value = addImage(value, stage.input)
                    isImage = true
                }
                value = addConvolution(value, model, name, stage.input, channels, kernel)
            case .dense(let units):
                if isImage {
                    value = addRow(value, stage.input)
                    isImage = false
                }
                let weights = Array(model.tensor("\(name).weights") ?? [])
                let shape = [units, stage.input.count]
                value = add(
                    "Gemm",
                    [value, floats(weights, shape, as: "\(name).weights"), addBiases(model, name)],
                    as: isLast ? "scores" : "\(name).sum",
                    [("transB", .integer(1))]
                )
            }
            if !isLast { value = addActivation(network.activation, value, as: name) }
        }
    }

    /// Adds a convolution that keeps the image's size.
    private mutating func addConvolution(
        _ value: String,
        _ model: ModelContents,
        _ name: String,
        _ input: NetworkShape.Extent,
        _ channels: Int,
        _ kernel: Int
    ) -> String {
        let weights = convolutionWeights(model, name, input.channels, channels, kernel)
        let shape = [channels, input.channels, kernel, kernel]
        let half = (kernel - 1) / 2
        let inputs = [value, floats(weights, shape, as: "\(name).weights"), addBiases(model, name)]
        return add(
            "Conv",
            inputs,
            as: "\(name).sum",
            [("pads", .integers([half, half, half, half]))]
        )
    }

    private mutating func addBiases(_ model: ModelContents, _ name: String) -> String {
        let biases = Array(model.tensor("\(name).biases") ?? [])
        return floats(biases, [biases.count], as: "\(name).biases")
    }

    private mutating func addActivation(
        _ activation: Activation,
        _ value: String,
        as name: String
    ) -> String {
        switch activation {
        case .relu: add("Relu", [value], as: name)
        case .tanh: add("Tanh", [value], as: name)
        case .gelu: add("Gelu", [value], as: name, [("approximate", .text("tanh"))])
        }
    }

    private func pooling(_ size: Int) -> [(name: String, value: Attribute)] {
        [("kernel_shape", .integers([size, size])), ("strides", .integers([size, size]))]
    }

    /// Rows become images of one plane a channel.
    private mutating func addImage(
        _ value: String,
        _ extent: NetworkShape.Extent
    ) -> String {
        let lengths = integers(
            [-1, extent.height, extent.width, extent.channels],
            as: "image.shape"
        )
        let image = add("Reshape", [value, lengths], as: "image")
        return add("Transpose", [image], as: "planes", [("perm", .integers([0, 3, 1, 2]))])
    }

    /// And back.
    private mutating func addRow(_ value: String, _ extent: NetworkShape.Extent) -> String {
        let pixels = add("Transpose", [value], as: "pixels", [("perm", .integers([0, 2, 3, 1]))])
        let lengths = integers([-1, extent.count], as: "row.shape")
        return add("Reshape", [pixels, lengths], as: "row")
    }

    /// (channels, kernel, kernel, input channels) → (channels, input channels, kernel, kernel).
    private func convolutionWeights(
        _ model: ModelContents,
        _ name: String,
        _ inputs: Int,
        _ channels: Int,
        _ kernel: Int
    ) -> [Float] {
        let ours = Array(model.tensor("\(name).weights") ?? [])
        let window = kernel * kernel
        var theirs: [Float] = []
        theirs.reserveCapacity(ours.count)
        for channel in 0..<channels {
            for input in 0..<inputs {
                for place in 0..<window {
                    theirs.append(ours[(channel * window + place) * inputs + input])
                }
            }
        }
        return theirs
    }
}
