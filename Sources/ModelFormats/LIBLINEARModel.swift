internal import Domain

/// A model as LIBLINEAR's `predict` reads it.
///
/// | Line | Meaning |
/// |---|---|
/// | `solver_type S` | how its scores are called; probabilities only after `L2R_LR` |
/// | `nr_class k`, `label …` | classes; of two the first is that of a positive score |
/// | `nr_feature n`, `bias b` | columns from 1 on; value of a constant column n + 1, or −1 |
/// | `w` | then one line a column, with the weight of each score |
///
/// Source: LIBLINEAR 2.4, `save_model` and `predict_values` in linear.cpp.
public enum LIBLINEARModel {
    /// The file of a model that is linear in its features.
    /// - Throws: `FormatRefusal` for any other.
    public static func write(_ model: ModelContents) throws(FormatRefusal) -> WrittenModel {
        let folded = try FoldedWeights(model, format: "a LIBLINEAR file")
        let classes = ClassNumbers(model.classes)
        let isRegression = model.classes.isEmpty
        var lines = ["solver_type \(solver(model, folded))"]
        lines.append("nr_class \(isRegression ? 2 : model.classes.count)")
        if folded.outputs == 1, !isRegression {
            // A positive score is LIBLINEAR's first label and our second class.
            lines.append("label \(classes.numbers[1]) \(classes.numbers[0])")
        } else if !isRegression {
            lines.append("label \(classes.text)")
        }
        let hasConstant = folded.constants.contains { $0 != 0 }
        lines.append("nr_feature \(folded.columns)")
        lines.append("bias \(hasConstant ? 1 : -1)")
        lines.append("w")
        for column in 0..<folded.columns {
            let row = (0..<folded.outputs).map { folded.weights[$0 * folded.columns + column] }
            lines.append(row.map { exactText($0) + " " }.joined())
        }
        if hasConstant { lines.append(folded.constants.map { exactText($0) + " " }.joined()) }
        return WrittenModel(
            lines.joined(separator: "\n") + "\n",
            remarks: [classes.remark].compactMap { $0 }
        )
    }

    /// The solver that fits such a machine.
    ///
    /// For other models one whose models have as many weights
    /// a column as ours, and whose probabilities, if it has any, are ours: of two classes those of
    /// softmax are logistic in the scores' difference.
    private static func solver(_ model: ModelContents, _ folded: FoldedWeights) -> String {
        let kind = model.shape.kind
        if model.classes.isEmpty { return "L2R_L2LOSS_SVR" }
        if kind == .svm {
            return switch model.shape.charge {
            case .crammerSinger: "MCSVM_CS"
            case .squaredHinge: "L2R_L2LOSS_SVC"
            case .hinge, nil: "L2R_L1LOSS_SVC_DUAL"
            }
        }
        if folded.outputs > 1 { return kind == .softmax ? "MCSVM_CS" : "L2R_L2LOSS_SVC" }
        let isLikelihood = kind == .logistic || kind == .softmax
        return isLikelihood && model.shape.threshold ?? 0 == 0 ? "L2R_LR" : "L2R_L2LOSS_SVC"
    }
}
