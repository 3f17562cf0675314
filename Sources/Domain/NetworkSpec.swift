/// The architecture of a neural network, as typed after `--model`.
///
/// | Text | Means |
/// |---|---|
/// | `mlp:256,128` | dense layers of 256 and 128 units; that of the outputs is added |
/// | `cnn:32c3,p2,64c3,p2,128` | two convolutions, each before a pooling, and a dense layer |
/// | `32c3` | a convolution of 32 channels with kernels of 3 × 3 |
/// | `p2` | a pooling of 2 × 2 |
/// | `d0.2` | dropout: 20 % of the values before it are left out in every step |
/// | `relu`, `tanh`, `gelu` | the activation of all hidden layers, said once; else `relu` |
///
/// Convolutions keep the size of the image (stride 1, zeros around it). Poolings take the largest
/// value of each window and leave out what fills no window. `mlp` and `cnn` alone stand for the
/// first two examples.
public struct NetworkSpec: Hashable, Sendable {
    /// The hidden layers, from the input on.
    public let layers: [NetworkLayer]
    /// What follows every convolution and every hidden dense layer.
    public let activation: Activation

    /// The network of `layers`, which make sense in this order.
    public init(layers: [NetworkLayer], activation: Activation) throws(NetworkSpecError) {
        try NetworkSpec.check(layers)
        self.layers = layers
        self.activation = activation
    }

    /// Reads `mlp:…` or `cnn:…` as typed.
    public init(_ text: String) throws(NetworkSpecError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let plain = NetworkSpec.examples[String(name)] else {
            throw NetworkSpecError(layer: nil, reason: "it begins with 'mlp:' or 'cnn:'")
        }
        let body = parts.count > 1 ? String(parts[1]) : plain
        var layers: [NetworkLayer] = []
        var activation: Activation?
        let words = body.split(separator: ",", omittingEmptySubsequences: false)
        guard words.count <= NetworkSpec.layersMax else {
            throw NetworkSpecError(layer: nil, reason: "more than \(NetworkSpec.layersMax) layers")
        }
        for word in words {
            if let found = Activation(rawValue: String(word)) {
                guard activation == nil else {
                    throw NetworkSpecError(layer: nil, reason: "it names two activations")
                }
                activation = found
            } else {
                layers.append(try NetworkLayer(String(word), at: layers.count + 1))
            }
        }
        try self.init(layers: layers, activation: activation ?? .relu)
        guard isConvolutional == (name == "cnn") else {
            let reason =
                isConvolutional
                ? "it has a convolution: type 'cnn:'"
                : "a 'cnn:' needs a convolution such as '32c3'; for dense layers alone type 'mlp:'"
            throw NetworkSpecError(layer: nil, reason: reason)
        }
    }

    /// Whether it reads images: whether it has a convolution.
    public var isConvolutional: Bool {
        layers.contains { if case .convolution = $0 { true } else { false } }
    }

    /// What `mlp` and `cnn` alone stand for.
    static let examples = ["mlp": "256,128", "cnn": "32c3,p2,64c3,p2,128"]
    static let layersMax = 64

    private static func check(_ layers: [NetworkLayer]) throws(NetworkSpecError) {
        var isFlat = false
        for (index, layer) in layers.enumerated() {
            func refuse(_ reason: String) -> NetworkSpecError {
                NetworkSpecError(layer: index + 1, text: layer.description, reason: reason)
            }
            switch layer {
            case .dense(let units):
                guard (1...65_536).contains(units) else { throw refuse("1 to 65536 units") }
                isFlat = true
            case .convolution(let channels, let kernel):
                guard !isFlat else { throw refuse("a convolution cannot follow a dense layer") }
                guard (1...4096).contains(channels) else { throw refuse("1 to 4096 channels") }
                guard kernel % 2 == 1, (1...15).contains(kernel) else {
                    throw refuse("a kernel is 1, 3, 5, … or 15 wide")
                }
            case .pool(let size):
                guard !isFlat else { throw refuse("a pooling cannot follow a dense layer") }
                guard (2...16).contains(size) else { throw refuse("a window is 2 to 16 wide") }
                let isAfterConvolution = layers[..<index].contains {
                    if case .convolution = $0 { true } else { false }
                }
                guard isAfterConvolution else {
                    throw refuse("a pooling follows a convolution")
                }
            case .dropout(let share):
                guard share > 0, share < 1 else { throw refuse("a share between 0 and 1") }
                guard index > 0 else { throw refuse("dropout follows another layer") }
            }
        }
    }
}

/// One hidden layer of a network.
public enum NetworkLayer: Hashable, Sendable {
    /// Every unit sees every value before it.
    case dense(units: Int)
    /// Square kernels over all channels before it, stride 1, the image's size kept.
    case convolution(channels: Int, kernel: Int)
    /// The largest value of each square window, windows side by side.
    case pool(size: Int)
    /// Leaves this share of the values out while training.
    case dropout(share: Double)

    /// Reads one layer as typed; `number` counts from 1.
    init(_ text: String, at number: Int) throws(NetworkSpecError) {
        func whole(_ digits: Substring) -> Int? {
            digits.utf8.allSatisfy { (48...57).contains($0) } ? Int(digits) : nil
        }
        if let units = whole(text[...]) {
            self = .dense(units: units)
        } else if text.hasPrefix("p"), let size = whole(text.dropFirst()) {
            self = .pool(size: size)
        } else if text.hasPrefix("d"), let share = Double(text.dropFirst()) {
            self = .dropout(share: share)
        } else if let mark = text.firstIndex(of: "c"), let channels = whole(text[..<mark]),
            let kernel = whole(text[text.index(after: mark)...])
        {
            self = .convolution(channels: channels, kernel: kernel)
        } else {
            let shown = text.unicodeScalars.prefix(32).map { $0.escaped(asASCII: true) }.joined()
            throw NetworkSpecError(
                layer: number,
                text: shown,
                reason: "a layer is typed 128 (dense), 32c3 (convolution), p2 (pooling) or d0.2 "
                    + "(dropout), an activation relu, tanh or gelu"
            )
        }
    }
}

/// What a unit makes of its sum.
public enum Activation: String, Codable, Sendable, CaseIterable {
    /// max(0, x).
    case relu
    /// The hyperbolic tangent.
    case tanh
    /// x·Φ(x), by its approximation with tanh.
    ///
    /// Source: Hendrycks & Gimpel, "Gaussian error linear units", 2016.
    case gelu
}

/// Why a text or a list of layers is no network, or does not go with the data.
public struct NetworkSpecError: Error, Equatable, CustomStringConvertible {
    /// The layer's number, from 1; nil where the whole is wrong.
    public let layer: Int?
    /// The layer as typed.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    init(layer: Int?, text: String = "", reason: String) {
        (self.layer, self.text, self.reason) = (layer, text, reason)
    }

    /// One line for the person who typed it.
    public var description: String {
        layer.map { "layer \($0) '\(text)': \(reason)" } ?? reason
    }
}

extension NetworkSpec: CustomStringConvertible, Codable {
    /// The network in the notation in which it is typed.
    public var description: String {
        var words = layers.map(\.description)
        if activation != .relu { words.append(activation.rawValue) }
        return (isConvolutional ? "cnn:" : "mlp:") + words.joined(separator: ",")
    }

    /// Reads the notation and checks it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        try self.init(container.decode(String.self))
    }

    /// Writes the notation.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension NetworkLayer: CustomStringConvertible {
    /// The layer as typed.
    public var description: String {
        switch self {
        case .dense(let units): "\(units)"
        case .convolution(let channels, let kernel): "\(channels)c\(kernel)"
        case .pool(let size): "p\(size)"
        case .dropout(let share): "d\(share)"
        }
    }
}
