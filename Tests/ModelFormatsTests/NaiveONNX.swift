import Domain

@testable import ModelFormats

/// A message in the wire format, read field by field.
struct NaiveMessage {
    private var varints: [Int: [Int]] = [:]
    private var chunks: [Int: [[UInt8]]] = [:]

    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let key = Self.varint(&rest) else { return nil }
            switch key & 7 {
            case 0:
                guard let value = Self.varint(&rest) else { return nil }
                varints[key >> 3, default: []].append(value)
            case 2:
                guard let count = Self.varint(&rest), count <= rest.count else { return nil }
                chunks[key >> 3, default: []].append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            case 5:
                chunks[key >> 3, default: []].append(Array(rest.prefix(4)))
                rest = rest.dropFirst(4)
            default: return nil
            }
        }
    }

    static func varint(_ rest: inout ArraySlice<UInt8>) -> Int? {
        var (value, shift) = (0, 0)
        while let byte = rest.popFirst() {
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    func numbers(_ field: Int) -> [Int] { varints[field] ?? [] }
    func bytes(_ field: Int) -> [[UInt8]] { chunks[field] ?? [] }
    func texts(_ field: Int) -> [String] {
        bytes(field).map { String(decoding: $0, as: UTF8.self) }
    }
    func messages(_ field: Int) -> [NaiveMessage] { bytes(field).compactMap { NaiveMessage($0) } }
    func packed(_ field: Int) -> [Int] {
        var rest = (bytes(field).first ?? [])[...]
        var values: [Int] = []
        while let value = Self.varint(&rest) { values.append(value) }
        return values
    }
}

/// Numbers with a shape, row-major.
struct NaiveTensor {
    var shape: [Int]
    var values: [Double]
}

/// An ONNX file that is computed node by node, one row at a time.
struct NaiveGraph {
    let model: NaiveMessage
    private let graph: NaiveMessage
    private var constants: [String: NaiveTensor] = [:]
    private(set) var classes: [String] = []

    init?(_ bytes: [UInt8]) {
        guard let model = NaiveMessage(bytes), let graph = model.messages(7).first else {
            return nil
        }
        self.model = model
        self.graph = graph
        for tensor in graph.messages(5) {
            guard let name = tensor.texts(8).first else { return nil }
            let raw = tensor.bytes(9).first ?? []
            switch tensor.numbers(2).first {
            case 1:
                let values = stride(from: 0, to: raw.count, by: 4).map { start in
                    Double(Float(bitPattern: UInt32(littleEndian(raw[start..<start + 4]))))
                }
                constants[name] = NaiveTensor(shape: tensor.packed(1), values: values)
            case 7:
                let values = stride(from: 0, to: raw.count, by: 8).map { start in
                    Double(Int(truncatingIfNeeded: littleEndian(raw[start..<start + 8])))
                }
                constants[name] = NaiveTensor(shape: tensor.packed(1), values: values)
            default: classes = tensor.texts(6)
            }
        }
    }

    /// Everything that the graph computes of one row, by name.
    func values(of row: [Float]) -> [String: NaiveTensor] {
        var known = constants
        known["features"] = NaiveTensor(shape: [1, row.count], values: row.map(Double.init))
        for node in graph.messages(1) {
            guard let kind = node.texts(4).first, let name = node.texts(2).first else { continue }
            if kind == "Gather" { continue }
            let inputs = node.texts(1).map { known[$0] ?? NaiveTensor(shape: [], values: []) }
            known[name] = compute(kind, inputs, NaiveAttributes(node))
        }
        return known
    }
}

private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

private struct NaiveAttributes {
    private var all: [String: NaiveMessage] = [:]

    init(_ node: NaiveMessage) {
        for attribute in node.messages(5) {
            if let name = attribute.texts(1).first { all[name] = attribute }
        }
    }

    func number(_ name: String) -> Int { all[name]?.numbers(3).first ?? 0 }
    func list(_ name: String) -> [Int] { all[name]?.packed(8) ?? [] }
}

private func compute(
    _ kind: String,
    _ inputs: [NaiveTensor],
    _ attributes: NaiveAttributes
) -> NaiveTensor {
    var first = inputs[0]
    func each(_ body: (Double) -> Double) -> NaiveTensor {
        NaiveTensor(shape: first.shape, values: first.values.map(body))
    }
    /// Of the first input and of the second, which may have one value for all or one a column.
    func both(_ body: (Double, Double) -> Double) -> NaiveTensor {
        let (left, right) = (first.values, inputs[1].values)
        let count = max(left.count, right.count)
        let values = (0..<count).map { body(left[$0 % left.count], right[$0 % right.count]) }
        return NaiveTensor(
            shape: left.count >= right.count ? first.shape : [1, count],
            values: values
        )
    }
    switch kind {
    case "Sub": return both { $0 - $1 }
    case "Add": return both { $0 + $1 }
    case "Mul": return both { $0 * $1 }
    case "Greater": return both { $0 > $1 ? 1 : 0 }
    case "Pow": return both { base, power in (0..<Int(power)).reduce(1) { all, _ in all * base } }
    case "Neg": return each { -$0 }
    case "Relu": return each { max(0, $0) }
    case "Tanh": return each { naiveActivation(.tanh, $0) }
    case "Gelu": return each { naiveActivation(.gelu, $0) }
    case "Exp": return each(naiveExp)
    case "Sigmoid": return each { 1 / (1 + naiveExp(-$0)) }
    case "Softmax":
        let powers = first.values.map { naiveExp($0 - (first.values.max() ?? 0)) }
        return NaiveTensor(shape: first.shape, values: powers.map { $0 / powers.reduce(0, +) })
    case "Cast", "Squeeze": return first
    case "Concat":
        let values = inputs.flatMap(\.values)
        return NaiveTensor(shape: [1, values.count], values: values)
    case "ReduceSumSquare":
        return NaiveTensor(shape: [1, 1], values: [first.values.reduce(0) { $0 + $1 * $1 }])
    case "ArgMax":
        let place = first.values.firstIndex(of: first.values.max() ?? 0) ?? 0
        return NaiveTensor(shape: [1], values: [Double(place)])
    case "Reshape":
        let shape = inputs[1].values.map { Int($0) }
        let rest = shape.dropFirst().reduce(1, *)
        first.shape = [first.values.count / rest] + shape.dropFirst()
        return first
    case "Gemm", "MatMul": return product(inputs, isTurned: attributes.number("transB") == 1)
    case "Transpose": return turned(first, attributes.list("perm"))
    case "Conv": return convolution(inputs, pad: attributes.list("pads")[0])
    case "MaxPool": return pooling(first, size: attributes.list("kernel_shape")[0])
    default: preconditionFailure("a node that nobody computes: \(kind)")
    }
}

private func product(_ inputs: [NaiveTensor], isTurned: Bool) -> NaiveTensor {
    let (left, right) = (inputs[0].values, inputs[1])
    let columns = isTurned ? right.shape[0] : right.shape[1]
    let values = (0..<columns).map { column in
        left.indices.reduce(inputs.count > 2 ? inputs[2].values[column] : 0) { sum, i in
            let place = isTurned ? column * left.count + i : i * columns + column
            return sum + left[i] * right.values[place]
        }
    }
    return NaiveTensor(shape: [1, columns], values: values)
}

private func turned(_ tensor: NaiveTensor, _ order: [Int]) -> NaiveTensor {
    let shape = order.map { tensor.shape[$0] }
    let values = (0..<tensor.values.count).map { place in
        var (rest, source) = (place, [Int](repeating: 0, count: order.count))
        for axis in shape.indices.reversed() {
            source[order[axis]] = rest % shape[axis]
            rest /= shape[axis]
        }
        return tensor.values[zip(source, tensor.shape).reduce(0) { $0 * $1.1 + $1.0 }]
    }
    return NaiveTensor(shape: shape, values: values)
}

private func convolution(_ inputs: [NaiveTensor], pad: Int) -> NaiveTensor {
    let (image, weights) = (inputs[0], inputs[1])
    let (height, width) = (image.shape[2], image.shape[3])
    let (inner, size) = (weights.shape[1], weights.shape[2])
    var values: [Double] = []
    for channel in 0..<weights.shape[0] {
        for place in 0..<height * width {
            var sum = inputs[2].values[channel]
            for tap in 0..<inner * size * size {
                let y = place / width + tap / size % size - pad
                let x = place % width + tap % size - pad
                guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
                let from = (tap / (size * size) * height + y) * width + x
                sum += image.values[from] * weights.values[channel * inner * size * size + tap]
            }
            values.append(sum)
        }
    }
    return NaiveTensor(shape: [1, weights.shape[0], height, width], values: values)
}

private func pooling(_ image: NaiveTensor, size: Int) -> NaiveTensor {
    let (height, width) = (image.shape[2] / size, image.shape[3] / size)
    var values: [Double] = []
    for channel in 0..<image.shape[1] {
        for place in 0..<height * width {
            let window = (0..<size * size).map { tap in
                let y = place / width * size + tap / size
                let x = place % width * size + tap % size
                return image.values[(channel * image.shape[2] + y) * image.shape[3] + x]
            }
            values.append(window.max() ?? 0)
        }
    }
    return NaiveTensor(shape: [1, image.shape[1], height, width], values: values)
}
