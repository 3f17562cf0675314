import Domain

@testable import ModelFormats

/// Scores of one row, straight from the definitions, in double precision.
func naiveScores(_ model: ModelContents, _ raw: [Float]) throws -> [Double] {
    var row = raw.map(Double.init)
    func words(_ name: String) -> [Double] { (model.tensor(name) ?? []).map(Double.init) }
    if model.shape.isScaled {
        let (centers, factors) = (words("input.centers"), words("input.factors"))
        for i in row.indices { row[i] = (row[i] - centers[i]) * factors[i] }
    }
    if let network = try model.shape.networkShape {
        return naiveNetwork(network, row, words)
    }
    if let kernel = model.shape.kernel { return naiveKernel(model, kernel, row, words) }
    let weights = words("weights")
    let bias = words("bias")
    let scale = model.shape.bias == .feature ? Double(model.shape.biasScale) : 1
    return (0..<model.shape.outputs).map { output in
        var sum = bias.isEmpty ? 0 : scale * bias[output]
        for i in row.indices { sum += weights[output * row.count + i] * row[i] }
        return sum
    }
}

private func naiveNetwork(
    _ network: NetworkShape,
    _ row: [Double],
    _ words: (String) -> [Double]
) -> [Double] {
    var values = row
    for (index, stage) in network.stages.enumerated() {
        let weights = words("layer\(index + 1).weights")
        let biases = words("layer\(index + 1).biases")
        switch stage.layer {
        case .dropout: continue
        case .pool(let size):
            values = naivePooling(values, stage, size)
            continue
        case .convolution(_, let kernel):
            values = naiveConvolution(values, stage, kernel, weights, biases)
        case .dense(let units):
            values = (0..<units).map { unit in
                var sum = biases[unit]
                for i in values.indices { sum += weights[unit * values.count + i] * values[i] }
                return sum
            }
        }
        if index < network.stages.count - 1 {
            values = values.map { naiveActivation(network.activation, $0) }
        }
    }
    return values
}

private func naivePooling(
    _ values: [Double],
    _ stage: NetworkShape.Stage,
    _ size: Int
) -> [Double] {
    let (input, output) = (stage.input, stage.output)
    return (0..<output.count).map { place in
        let (pixel, channel) = place.quotientAndRemainder(dividingBy: output.channels)
        let window = (0..<size * size).map { tap in
            let y = pixel / output.width * size + tap / size
            let x = pixel % output.width * size + tap % size
            return values[(y * input.width + x) * input.channels + channel]
        }
        return window.max() ?? 0
    }
}

private func naiveConvolution(
    _ values: [Double],
    _ stage: NetworkShape.Stage,
    _ kernel: Int,
    _ weights: [Double],
    _ biases: [Double]
) -> [Double] {
    let input = stage.input
    var result: [Double] = []
    for place in 0..<input.height * input.width {
        for channel in 0..<stage.output.channels {
            var sum = biases[channel]
            for tap in 0..<kernel * kernel {
                let y = place / input.width + tap / kernel - kernel / 2
                let x = place % input.width + tap % kernel - kernel / 2
                guard (0..<input.height).contains(y), (0..<input.width).contains(x) else {
                    continue
                }
                for from in 0..<input.channels {
                    sum +=
                        values[(y * input.width + x) * input.channels + from]
                        * weights[(channel * kernel * kernel + tap) * input.channels + from]
                }
            }
            result.append(sum)
        }
    }
    return result
}

func naiveActivation(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .relu: max(0, x)
    case .tanh: 1 - 2 / (naiveExp(2 * x) + 1)
    case .gelu:
        x * (1 - 1 / (naiveExp(2 * 0.797_884_560_802_865_4 * (x + 0.044_715 * x * x * x)) + 1))
    }
}

private func naiveKernel(
    _ model: ModelContents,
    _ kernel: KernelShape,
    _ row: [Double],
    _ words: (String) -> [Double]
) -> [Double] {
    let (supports, coefficients, rho) = (words("supports"), words("coefficients"), words("rho"))
    let count = kernel.supports
    let values = (0..<count).map { support in
        var (product, distance) = (0.0, 0.0)
        for i in row.indices {
            let difference = row[i] - supports[support * row.count + i]
            product += row[i] * supports[support * row.count + i]
            distance += difference * difference
        }
        return naiveKernelValue(kernel.function, product, distance)
    }
    if kernel.isOneVsRest {
        return rho.indices.map { output in
            (0..<count).reduce(-rho[output]) { $0 + coefficients[output * count + $1] * values[$1] }
        }
    }
    var classOf: [Int] = []
    for (k, number) in kernel.supportsOfClasses.enumerated() {
        classOf += [Int](repeating: k, count: number)
    }
    return pairs(of: model.shape.classes).enumerated().map { output, pair in
        (0..<count).reduce(-rho[output]) { sum, support in
            let k = classOf[support]
            let place = k == pair.first ? pair.second - 1 : k == pair.second ? pair.first : nil
            return sum + (place.map { coefficients[$0 * count + support] * values[support] } ?? 0)
        }
    }
}

func naiveKernelValue(_ function: KernelFunction, _ product: Double, _ distance: Double) -> Double {
    let inner = function.gamma * product + function.coef0
    switch function.kind {
    case .linear: return product
    case .rbf: return naiveExp(-function.gamma * distance)
    case .poly: return (0..<function.degree).reduce(1) { power, _ in power * inner }
    case .sigmoid: return naiveActivation(.tanh, inner)
    }
}

/// eˣ by its series, halved until that is short.
func naiveExp(_ x: Double) -> Double {
    if x.magnitude > 0.5 {
        let half = naiveExp(x / 2)
        return half * half
    }
    var (sum, term) = (1.0, 1.0)
    for i in 1..<20 {
        term *= x / Double(i)
        sum += term
    }
    return sum
}

/// The class that scores call.
func naiveClass(_ model: ModelContents, _ scores: [Double]) -> Int {
    let threshold = Double(model.shape.threshold ?? 0)
    if model.shape.kernel?.isOneVsRest == false {
        var votes = [Int](repeating: 0, count: model.shape.classes)
        for (score, pair) in zip(scores, pairs(of: model.shape.classes)) {
            votes[score > -threshold ? pair.first : pair.second] += 1
        }
        return votes.firstIndex(of: votes.max() ?? 0) ?? 0
    }
    guard scores.count > 1 else { return scores[0] > threshold ? 1 : 0 }
    return scores.firstIndex(of: scores.max() ?? 0) ?? 0
}

/// Models with numbers of no meaning, each a case that the writers treat in its own way.
enum SampleModel: String, CaseIterable {
    case linear, logistic, scaledLogistic, softmax, softmaxOfTwo, machine, machines
    case dense, convolutional
    case pairOfTwo, pairs, restOfTwo, rest, linearKernel

    func contents(kernel kind: KernelKind = .rbf) throws -> ModelContents {
        let columns = self == .convolutional ? 5 * 4 * 2 : 6
        var shape = ModelShape(
            kind: modelKind,
            columns: columns,
            classes: classes,
            bias: self == .machine ? .feature : .free,
            biasScale: 2
        )
        switch self {
        case .scaledLogistic, .machines: (shape.isScaled, shape.threshold) = (true, nil)
        case .dense: shape.network = try NetworkSpec("mlp:7,d0.2,5,gelu")
        case .convolutional:
            shape.imageShape = [5, 4, 2]
            shape.network = try NetworkSpec("cnn:3c3,p2,2c1,6,tanh")
        default: break
        }
        if self == .scaledLogistic || self == .pairOfTwo || self == .restOfTwo {
            shape.threshold = 0.25
        }
        if modelKind == .kernelSVM {
            let isRest = self == .rest || self == .restOfTwo
            let counts = (0..<classes).map { 2 + $0 }
            shape.kernel = KernelShape(
                function: KernelFunction(
                    kind: self == .linearKernel ? .linear : kind,
                    gamma: 0.3,
                    degree: 3,
                    coef0: 0.5
                ),
                supports: counts.reduce(0, +),
                nonzeros: nil,
                supportsOfClasses: isRest ? [] : counts,
                isOneVsRest: isRest,
                features: nil,
                hasProbabilities: self == .pairOfTwo
            )
        }
        var state: UInt64 = 88
        let words = (0..<shape.wordCount).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int(state >> 40) - (1 << 23)) / Float(1 << 23)
        }
        return ModelContents(
            shape: shape,
            words: words,
            classes: (0..<classes).map { "\(3 * $0 - 3)" },
            facts: [(name: "kind", value: shape.kind.rawValue)]
        )
    }

    private var classes: Int {
        switch self {
        case .linear: 0
        case .softmax, .machines, .dense, .convolutional, .pairs, .rest: 4
        default: 2
        }
    }

    private var modelKind: ModelKind {
        switch self {
        case .linear: .linear
        case .logistic, .scaledLogistic: .logistic
        case .softmax, .softmaxOfTwo: .softmax
        case .machine, .machines: .svm
        case .dense: .mlp
        case .convolutional: .cnn
        case .pairOfTwo, .pairs, .restOfTwo, .rest, .linearKernel: .kernelSVM
        }
    }

    /// Rows to try a model on.
    static func rows(_ columns: Int) -> [[Float]] {
        var state: UInt64 = 5
        return (0..<60).map { _ in
            (0..<columns).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int(state >> 40) - (1 << 23)) / Float(1 << 22)
            }
        }
    }
}
