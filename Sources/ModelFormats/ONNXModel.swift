internal import Domain

/// A model as an ONNX file: raw features in, labels out.
///
/// | Output | Type | Meaning |
/// |---|---|---|
/// | `label` | text (rows) | the class; not for real values |
/// | `index` | int64 (rows) | its place among the classes; not for real values |
/// | `scores` | float (rows, outputs) | of regression the value itself |
/// | `probabilities` | float (rows, classes) | where the model has them |
///
/// The input `features` (rows, columns) is what `distml` made of the training data before it
/// scaled them; scaling is part of the graph.
public enum ONNXModel {
    /// The file of a model.
    /// - Throws: `FormatRefusal` where the file would be larger than the format's 2 GiB.
    public static func write(_ model: ModelContents) throws(FormatRefusal) -> WrittenModel {
        var graph = ONNXGraph()
        graph.input("features", columns: model.shape.columns)
        let input = graph.addScaling(of: "features", model)
        var remarks: [String] = []
        switch model.shape.kind {
        case .linear, .logistic, .softmax, .svm: graph.addLinear(on: input, model)
        case .mlp, .cnn: try graph.addNetwork(on: input, model)
        case .kernelSVM: try graph.addKernel(on: input, model)
        }
        graph.output("scores", .float, columns: model.shape.outputs)
        if !model.classes.isEmpty {
            let hasProbabilities = graph.addProbabilities(model)
            if model.shape.kernel?.hasProbabilities == true, !hasProbabilities {
                remarks.append(
                    "its probabilities are left out: coupling more than two classes is an "
                        + "iteration, which ONNX's plain operators cannot say"
                )
            }
            graph.addLabels(model)
        }
        let bytes = graph.bytes(name: model.shape.kind.rawValue, facts: model.facts)
        guard bytes.count <= Int(Int32.max) else {
            throw FormatRefusal(
                "an ONNX file cannot have \(bytes.count) bytes; 2 GiB is its limit",
                hint: "export it with --to safetensors"
            )
        }
        return WrittenModel(bytes, remarks: remarks)
    }
}

extension ONNXGraph {
    /// (x − center)·factor.
    fileprivate mutating func addScaling(of input: String, _ model: ModelContents) -> String {
        guard let centers = model.tensor("input.centers"),
            let factors = model.tensor("input.factors")
        else { return input }
        let columns = [model.shape.columns]
        let center = floats(Array(centers), columns, as: "input.centers")
        let factor = floats(Array(factors), columns, as: "input.factors")
        let centered = add("Sub", [input, center], as: "centered")
        return add("Mul", [centered, factor], as: "scaled")
    }

    /// W·x + b.
    fileprivate mutating func addLinear(on input: String, _ model: ModelContents) {
        let shape = model.shape
        var inputs = [input]
        let weights = Array(model.tensor("weights") ?? [])
        inputs.append(floats(weights, [shape.outputs, shape.columns], as: "weights"))
        if let bias = model.tensor("bias") {
            let scale = shape.bias == .feature ? shape.biasScale : 1
            inputs.append(floats(bias.map { $0 * scale }, [shape.outputs], as: "bias"))
        }
        _ = add("Gemm", inputs, as: "scores", [("transB", .integer(1))])
    }

    /// Adds `probabilities` where the model has any.
    fileprivate mutating func addProbabilities(_ model: ModelContents) -> Bool {
        let shape = model.shape
        let two: (second: String, first: String)
        if shape.isLikelihood, shape.outputs > 1 {
            _ = add("Softmax", ["scores"], as: "probabilities", [("axis", .integer(1))])
            output("probabilities", .float, columns: model.classes.count)
            return true
        } else if shape.isLikelihood {
            let second = add("Sigmoid", ["scores"], as: "second")
            let negative = add("Neg", ["scores"], as: "negative")
            two = (second, add("Sigmoid", [negative], as: "first"))
        } else if let a = model.tensor("prob.a"), let b = model.tensor("prob.b"), a.count == 1 {
            // P(first) = 1/(1 + exp(a·f + b)), which is the logistic function of −(a·f + b).
            let factor = floats(Array(a), [1], as: "prob.a")
            let offset = floats(Array(b), [1], as: "prob.b")
            let product = add("Mul", ["scores", factor], as: "platt.product")
            let sum = add("Add", [product, offset], as: "platt.sum")
            let negative = add("Neg", [sum], as: "platt.negative")
            two = (add("Sigmoid", [sum], as: "second"), add("Sigmoid", [negative], as: "first"))
        } else {
            return false
        }
        _ = add("Concat", [two.first, two.second], as: "probabilities", [("axis", .integer(1))])
        output("probabilities", .float, columns: 2)
        return true
    }

    /// Adds `index` and `label`.
    fileprivate mutating func addLabels(_ model: ModelContents) {
        let shape = model.shape
        if shape.kernel?.isOneVsRest == false {
            addVotes(classes: model.classes.count, threshold: shape.threshold ?? 0)
        } else if shape.outputs == 1 {
            let threshold = floats([shape.threshold ?? 0], [1], as: "threshold")
            let isSecond = add("Greater", ["scores", threshold], as: "is.second")
            addIndex(of: add("Cast", [isSecond], as: "called", [("to", .integer(7))]))
        } else {
            _ = add(
                "ArgMax",
                ["scores"],
                as: "index",
                [("axis", .integer(1)), ("keepdims", .integer(0))]
            )
        }
        let classes = texts(model.classes, as: "classes")
        _ = add("Gather", [classes, "index"], as: "label")
        output("index", .int64)
        output("label", .text)
    }

    /// Makes a list of a column.
    private mutating func addIndex(of column: String) {
        let axis = integers([1], as: "index.axis")
        _ = add("Squeeze", [column, axis], as: "index")
    }

    /// The class with the most votes, the first of equals: each score above the threshold is a
    /// vote for the first class of its pair, any other one for the second.
    private mutating func addVotes(classes: Int, threshold: Float) {
        var matrix: [Float] = []
        var seconds = [Float](repeating: 0, count: classes)
        for first in 0..<classes {
            for second in (first + 1)..<max(first + 1, classes) {
                for k in 0..<classes { matrix.append(k == first ? 1 : k == second ? -1 : 0) }
                seconds[second] += 1
            }
        }
        let limit = floats([-threshold], [1], as: "threshold")
        let above = add("Greater", ["scores", limit], as: "is.first")
        let votes = add("Cast", [above], as: "first.votes", [("to", .integer(1))])
        let pairs = classes * (classes - 1) / 2
        let balance = floats(matrix, [pairs, classes], as: "pairs")
        let base = floats(seconds, [classes], as: "seconds")
        let total = add("Gemm", [votes, balance, base], as: "votes")
        _ = add(
            "ArgMax",
            [total],
            as: "index",
            [("axis", .integer(1)), ("keepdims", .integer(0))]
        )
    }
}
