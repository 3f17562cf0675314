/// A computation in the form of ONNX, built node by node.
///
/// | Message | Fields that are written |
/// |---|---|
/// | Model | 1 IR version, 2 producer, 7 graph, 8 operator set, 14 metadata |
/// | Graph | 1 nodes, 2 name, 5 initializers, 11 inputs, 12 outputs |
/// | Node | 1 inputs, 2 outputs, 3 name, 4 operator, 5 attributes |
/// | Attribute | 1 name, 2 float, 3 integer, 4 text, 8 integers, 20 type |
/// | Tensor | 1 dimensions, 2 type, 6 texts, 8 name, 9 raw data |
/// | Value | 1 name, 2 type: 1 tensor: 1 element type, 2 shape: 1 dimension: 1 value or 2 name |
///
/// Source: onnx/onnx.proto of ONNX 1.23.
struct ONNXGraph {
    /// The type of an element, by its number in the file.
    enum Element: Int {
        case float = 1
        case int64 = 7
        case text = 8
    }

    /// The value of a node's attribute.
    enum Attribute {
        case float(Float)
        case integer(Int)
        case integers([Int])
        case text(String)
    }

    private var nodes: [[UInt8]] = []
    private var initializers: [[UInt8]] = []
    private var inputs: [[UInt8]] = []
    private var outputs: [[UInt8]] = []

    /// Adds a node and returns the name of its one output, `name`.
    mutating func add(
        _ kind: String,
        _ inputs: [String],
        as name: String,
        _ attributes: [(name: String, value: Attribute)] = []
    ) -> String {
        var writer = ProtobufWriter()
        for input in inputs { writer.write(1, input) }
        writer.write(2, name)
        writer.write(3, name)
        writer.write(4, kind)
        for attribute in attributes {
            writer.write(5) { $0.writeAttribute(attribute.name, attribute.value) }
        }
        nodes.append(writer.bytes)
        return name
    }

    /// Adds an array of floats and returns its name.
    mutating func floats(_ values: [Float], _ dimensions: [Int], as name: String) -> String {
        precondition(values.count == dimensions.reduce(1, *), "\(values.count) in \(dimensions)")
        var raw: [UInt8] = []
        raw.reserveCapacity(4 * values.count)
        appendWords(values[...], to: &raw)
        return add(tensor: name, dimensions, .float) { $0.write(9, raw) }
    }

    /// Adds a list of whole numbers and returns its name.
    mutating func integers(_ values: [Int], as name: String) -> String {
        var raw: [UInt8] = []
        for value in values {
            withUnsafeBytes(of: Int64(value).littleEndian) { raw.append(contentsOf: $0) }
        }
        return add(tensor: name, [values.count], .int64) { $0.write(9, raw) }
    }

    /// Adds a list of texts and returns its name.
    mutating func texts(_ values: [String], as name: String) -> String {
        add(tensor: name, [values.count], .text) { writer in
            for value in values { writer.write(6, value) }
        }
    }

    private mutating func add(
        tensor name: String,
        _ dimensions: [Int],
        _ element: Element,
        _ fill: (inout ProtobufWriter) -> Void
    ) -> String {
        var writer = ProtobufWriter()
        writer.write(1, packed: dimensions)
        writer.write(2, element.rawValue)
        fill(&writer)
        writer.write(8, name)
        initializers.append(writer.bytes)
        return name
    }

    /// States what goes in: any number of rows, each of `columns` values.
    mutating func input(_ name: String, columns: Int) {
        inputs.append(value(name, .float, columns: columns))
    }

    /// States what comes out: one value a row, or `columns` of them.
    mutating func output(_ name: String, _ element: Element, columns: Int? = nil) {
        outputs.append(value(name, element, columns: columns))
    }

    private func value(_ name: String, _ element: Element, columns: Int?) -> [UInt8] {
        var shape = ProtobufWriter()
        shape.write(1) { $0.write(2, "rows") }
        if let columns { shape.write(1) { $0.write(1, columns) } }
        var tensor = ProtobufWriter()
        tensor.write(1, element.rawValue)
        tensor.write(2, shape.bytes)
        var writer = ProtobufWriter()
        writer.write(1, name)
        writer.write(2) { $0.write(1, tensor.bytes) }
        return writer.bytes
    }

    /// The file.
    func bytes(name: String, facts: [(name: String, value: String)]) -> [UInt8] {
        var graph = ProtobufWriter()
        for node in nodes { graph.write(1, node) }
        graph.write(2, name)
        for initializer in initializers { graph.write(5, initializer) }
        for input in inputs { graph.write(11, input) }
        for output in outputs { graph.write(12, output) }
        var model = ProtobufWriter()
        model.write(1, irVersion)
        model.write(2, "distml")
        model.write(7, graph.bytes)
        // The operator set without a domain is ONNX's own.
        model.write(8) { $0.write(2, operatorSet) }
        for fact in facts {
            model.write(14) { entry in
                entry.write(1, fact.name)
                entry.write(2, fact.value)
            }
        }
        return model.bytes
    }
}

/// ONNX 1.23's, and the version of the file format that came with it.
private let operatorSet = 28
private let irVersion = 14

extension ProtobufWriter {
    fileprivate mutating func writeAttribute(_ name: String, _ value: ONNXGraph.Attribute) {
        write(1, name)
        switch value {
        case .float(let value):
            write(2, value)
            write(20, 1)
        case .integer(let value):
            write(3, value)
            write(20, 2)
        case .text(let value):
            write(4, value)
            write(20, 3)
        case .integers(let values):
            write(8, packed: values)
            write(20, 7)
        }
    }
}
