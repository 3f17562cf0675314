internal import Domain
internal import Glibc

extension ONNXGraph {
    /// The scores of a kernel machine by plain matrix products over its support vectors, or over
    /// its random Fourier features.
    mutating func addKernel(
        on input: String,
        _ model: ModelContents
    ) throws(FormatRefusal) {
        guard let kernel = model.shape.kernel else {
            throw FormatRefusal("the model has no support vectors")
        }
        let values: String
        let rows: Int
        if let features = kernel.features {
            rows = features
            values = addFourier(on: input, model, features)
        } else {
            rows = kernel.supports
            values = addKernelRows(on: input, model, kernel)
        }
        let outputs = model.shape.outputs
        let matrix = outputMatrix(model, kernel, rows: rows)
        guard matrix.count == rows * outputs else {
            throw FormatRefusal("the model's coefficients do not fit its support vectors")
        }
        let offsets = (model.tensor("rho") ?? []).map { -$0 }
        let inputs = [
            values, floats(matrix, [rows, outputs], as: "coefficients"),
            floats(offsets, [outputs], as: "offsets"),
        ]
        _ = add("Gemm", inputs, as: "scores")
    }

    /// K(x, s) for all support vectors s.
    private mutating func addKernelRows(
        on input: String,
        _ model: ModelContents,
        _ kernel: KernelShape
    ) -> String {
        let supports = SupportVectors(model, kernel)
        let shape = [model.shape.columns, supports.count]
        let matrix = floats(supports.transposed, shape, as: "supports")
        let products = add("MatMul", [input, matrix], as: "products")
        let function = kernel.function
        guard function.kind != .linear else { return products }
        let gamma = floats([Float(function.gamma)], [1], as: "gamma")
        if function.kind == .rbf {
            // ‖x − s‖² = ‖x‖² + ‖s‖² − 2 x·s, which rounding may bring below 0.
            let axis = integers([1], as: "norm.axis")
            let norms = add("ReduceSumSquare", [input, axis], as: "norms")
            let squares = floats(supports.squares, [supports.count], as: "support.norms")
            let two = floats([2], [1], as: "two")
            let sums = add("Add", [norms, squares], as: "norm.sums")
            let doubled = add("Mul", [products, two], as: "doubled")
            let distances = add("Sub", [sums, doubled], as: "distances.raw")
            let clipped = add("Relu", [distances], as: "distances")
            let scaled = add("Mul", [clipped, gamma], as: "exponents.raw")
            return add("Exp", [add("Neg", [scaled], as: "exponents")], as: "kernel")
        }
        let offset = floats([Float(function.coef0)], [1], as: "coef0")
        let scaled = add("Mul", [products, gamma], as: "scaled.products")
        let sums = add("Add", [scaled, offset], as: "sums")
        if function.kind == .sigmoid { return add("Tanh", [sums], as: "kernel") }
        let degree = floats([Float(function.degree)], [1], as: "degree")
        return add("Pow", [sums, degree], as: "kernel")
    }

    /// √(2/D)·cos(Ω·x + φ).
    private mutating func addFourier(
        on input: String,
        _ model: ModelContents,
        _ features: Int
    ) -> String {
        let frequencies = Array(model.tensor("frequencies") ?? [])
        let shape = [features, model.shape.columns]
        let phases = Array(model.tensor("phases") ?? [])
        let inputs = [
            input, floats(frequencies, shape, as: "frequencies"),
            floats(phases, [features], as: "phases"),
        ]
        let angles = add("Gemm", inputs, as: "angles", [("transB", .integer(1))])
        let factor = floats([(2 / Float(features)).squareRoot()], [1], as: "fourier.factor")
        return add("Mul", [add("Cos", [angles], as: "cosines"), factor], as: "fourier")
    }

    /// What each support vector or feature adds to each score.
    ///
    /// Shapes: the result (rows, outputs) row-major.
    private func outputMatrix(
        _ model: ModelContents,
        _ kernel: KernelShape,
        rows: Int
    ) -> [Float] {
        let outputs = model.shape.outputs
        guard let coefficients = model.tensor("coefficients").map({ Array($0) }) else { return [] }
        var matrix = [Float](repeating: 0, count: rows * outputs)
        if kernel.features != nil || kernel.isOneVsRest {
            for row in 0..<rows {
                for output in 0..<outputs {
                    matrix[row * outputs + output] = coefficients[output * rows + row]
                }
            }
            return matrix
        }
        // A vector of class c has one coefficient for each pair of c and another class.
        var owner: [Int] = []
        for (c, count) in kernel.supportsOfClasses.enumerated() {
            owner.append(contentsOf: repeatElement(c, count: count))
        }
        guard owner.count == rows else { return [] }
        for (output, pair) in pairs(of: model.shape.classes).enumerated() {
            for row in 0..<rows {
                if owner[row] == pair.first {
                    let place = (pair.second - 1) * rows + row
                    matrix[row * outputs + output] = coefficients[place]
                } else if owner[row] == pair.second {
                    matrix[row * outputs + output] = coefficients[pair.first * rows + row]
                }
            }
        }
        return matrix
    }
}
