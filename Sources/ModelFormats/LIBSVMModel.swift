internal import Domain

/// A model as LIBSVM's `svm-predict` reads it.
///
/// Machines that decide between pairs of classes are written as they are. Those with a score f_k
/// for each class, and models that are linear in their features, are rewritten: f_i − f_j decides
/// between i and j, and the class of the largest score wins all of its pairs.
///
/// Source: LIBSVM 3.3, `svm_save_model` and `svm_predict_values` in svm.cpp.
public enum LIBSVMModel {
    /// The file of a machine, or of a model that is linear in its features.
    /// - Throws: `FormatRefusal` for networks, scaled kernel machines and random features.
    public static func write(
        _ model: ModelContents,
        indexBase: Int
    ) throws(FormatRefusal) -> WrittenModel {
        let shape = model.shape
        guard let kernel = shape.kernel else {
            let folded = try FoldedWeights(model, format: "a LIBSVM file")
            let machine = SplitMachine(folded, isRegression: model.classes.isEmpty)
            let linear = KernelFunction(kind: .linear)
            let text = write(machine, model, indexBase, linear) { row, body in
                for column in 0..<folded.columns {
                    body(column, folded.weights[row * folded.columns + column])
                }
            }
            return WrittenModel(text, remarks: remarks(model))
        }
        guard kernel.features == nil else {
            throw FormatRefusal(
                "a LIBSVM file holds support vectors, and this machine has random features instead",
                hint: "export it with --to onnx or safetensors"
            )
        }
        guard !shape.isScaled else {
            throw FormatRefusal(
                "a LIBSVM file cannot say how features are scaled before the kernel",
                hint: "export it with --to onnx, or train it on data that are scaled already"
            )
        }
        let supports = SupportVectors(model, kernel)
        let machine =
            kernel.isOneVsRest
            ? SplitMachine(model, kernel) : SplitMachine(pairwise: model, kernel)
        let text = write(machine, model, indexBase, kernel.function) { row, body in
            supports.forEachNonzero(row) { body($0, Double($1)) }
        }
        return WrittenModel(text, remarks: remarks(model))
    }

    private static func remarks(_ model: ModelContents) -> [String] {
        [ClassNumbers(model.classes).remark].compactMap { $0 }
    }

    private static func write(
        _ machine: SplitMachine,
        _ model: ModelContents,
        _ indexBase: Int,
        _ function: KernelFunction,
        _ entries: (Int, (Int, Double) -> Void) -> Void
    ) -> String {
        var text = "svm_type \(model.classes.isEmpty ? "epsilon_svr" : "c_svc")\n"
        text += "kernel_type \(function.kind == .poly ? "polynomial" : function.kind.rawValue)\n"
        if function.kind == .poly { text += "degree \(function.degree)\n" }
        if function.kind != .linear { text += "gamma \(exactText(function.gamma))\n" }
        if function.kind == .poly || function.kind == .sigmoid {
            text += "coef0 \(exactText(function.coef0))\n"
        }
        text += "nr_class \(max(2, model.classes.count))\n"
        text += "total_sv \(machine.rows.count)\n"
        text += "rho \(machine.rho.map(exactText).joined(separator: " "))\n"
        if !model.classes.isEmpty { text += "label \(ClassNumbers(model.classes).text)\n" }
        if let platt = machine.platt {
            text += "probA \(platt.a.map(exactText).joined(separator: " "))\n"
            text += "probB \(platt.b.map(exactText).joined(separator: " "))\n"
        }
        if !model.classes.isEmpty {
            text += "nr_sv \(machine.countOfClass.map(String.init).joined(separator: " "))\n"
        }
        text += "SV\n"
        for (row, coefficients) in machine.rows {
            text += coefficients.map { exactText($0) + " " }.joined()
            entries(row) { column, value in
                if value != 0 { text += "\(column + indexBase):\(exactText(value)) " }
            }
            text += "\n"
        }
        return text
    }
}

/// A machine in LIBSVM's form: vectors by class, each with a coefficient for every other class.
private struct SplitMachine {
    /// The vectors: which one, and its coefficients.
    var rows: [(vector: Int, coefficients: [Double])] = []
    /// Vectors of each class.
    var countOfClass: [Int] = []
    /// The constant of each pair: its score is Σ coefficient · K − rho.
    var rho: [Double] = []
    /// Platt's sigmoids.
    var platt: (a: [Double], b: [Double])?

    /// The weights of each score are its one vector.
    init(_ folded: FoldedWeights, isRegression: Bool) {
        let classes = folded.outputs
        if folded.outputs == 1 {
            // A positive score is LIBSVM's first class and our second.
            let sign: Double = isRegression ? 1 : -1
            rows = [(0, [sign])]
            rho = [-sign * folded.constants[0]]
            countOfClass = [1, 0]
            return
        }
        for k in 0..<classes { rows.append((k, Self.signs(of: k, classes: classes))) }
        countOfClass = [Int](repeating: 1, count: classes)
        rho = pairs(of: classes).map { folded.constants[$0.second] - folded.constants[$0.first] }
    }

    /// One score a class: every vector stands once for each class that uses it.
    init(_ model: ModelContents, _ kernel: KernelShape) {
        let classes = model.shape.classes
        let coefficients = model.tensor("coefficients").map { $0.map(Double.init) } ?? []
        let own = model.tensor("rho").map { $0.map(Double.init) } ?? []
        let count = kernel.supports
        let threshold = Double(model.shape.threshold ?? 0)
        if classes == 2 {
            // The single score is positive for our second class, LIBSVM's is for the first.
            for row in 0..<count { rows.append((row, [-coefficients[row]])) }
            countOfClass = [count, 0]
            rho = [-(own[0] + threshold)]
            return
        }
        for k in 0..<classes {
            let signs = Self.signs(of: k, classes: classes)
            let before = rows.count
            for row in 0..<count where coefficients[k * count + row] != 0 {
                rows.append((row, signs.map { $0 * coefficients[k * count + row] }))
            }
            countOfClass.append(rows.count - before)
        }
        rho = pairs(of: classes).map { own[$0.first] - own[$0.second] }
    }

    /// Scores of pairs, as LIBSVM has them.
    init(pairwise model: ModelContents, _ kernel: KernelShape) {
        let coefficients = model.tensor("coefficients").map { $0.map(Double.init) } ?? []
        let count = kernel.supports
        for row in 0..<count {
            rows.append((row, (0..<model.shape.classes - 1).map { coefficients[$0 * count + row] }))
        }
        countOfClass = kernel.supportsOfClasses
        rho = model.tensor("rho").map { $0.map(Double.init) } ?? []
        // The second class is called where −f exceeds the threshold.
        let threshold = model.shape.classes == 2 ? Double(model.shape.threshold ?? 0) : 0
        if threshold != 0 { rho[0] -= threshold }
        if let a = model.tensor("prob.a"), let b = model.tensor("prob.b") {
            platt = (a.map(Double.init), b.map(Double.init))
            // The probabilities are those of the score without its threshold.
            if threshold != 0 { platt?.b[0] -= Double(a[a.startIndex]) * threshold }
        }
    }

    /// +1 for pairs whose first class is `k`, −1 for those whose second it is, in the order of the
    /// other classes.
    private static func signs(of k: Int, classes: Int) -> [Double] {
        (0..<classes).filter { $0 != k }.map { $0 > k ? 1 : -1 }
    }
}
