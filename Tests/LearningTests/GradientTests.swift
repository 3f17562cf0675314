import Domain
import Glibc
import Learning
import LinearAlgebra
import RowSamples
import Testing

@Suite("Gradients of linear models")
struct GradientTests {
    private let rows = 12
    private let columns = 5

    private func source(_ kind: ModelKind, isSparse: Bool) -> SampleRows {
        let matrix = sampleMatrix(rows, columns)
        switch kind {
        case .linear:
            return SampleRows(matrix, isSparse: isSparse, reals: (0..<rows).map { Float($0) / 4 })
        case .logistic:
            return SampleRows(matrix, isSparse: isSparse, classes: (0..<rows).map { Int32($0 % 2) })
        default:
            return SampleRows(matrix, isSparse: isSparse, classes: (0..<rows).map { Int32($0 % 3) })
        }
    }

    /// Loss of one row as textbooks write it, in Double.
    private func loss(_ scores: [Double], _ label: Double, _ kind: ModelKind) -> Double {
        switch kind {
        case .linear: (scores[0] - label) * (scores[0] - label) / 2
        case .logistic: log(1 + exp(scores[0])) - label * scores[0]
        default: log(scores.reduce(0) { $0 + exp($1) }) - scores[Int(label)]
        }
    }

    private func summedLoss(
        _ parameters: [Double],
        _ model: LinearModel,
        _ rows: SampleRows
    ) -> Double {
        rows.values.indices.reduce(0) { sum, row in
            let scores = (0..<model.outputs).map { output in
                var score = 0.0
                for column in 0..<model.columns {
                    let weight = parameters[output * model.columns + column]
                    score += weight * Double(rows.values[row][column])
                }
                guard model.bias != .none else { return score }
                return score + Double(model.biasScale) * parameters[model.weightCount + output]
            }
            let label = rows.reals?[row] ?? Float(rows.classes?[row] ?? 0)
            return sum + loss(scores, Double(label), model.kind)
        }
    }

    @Test(
        "They are the finite differences of the textbook's loss, which they return",
        arguments: linearKinds.flatMap { kind in Bias.allCases.map { (kind, $0) } },
        [false, true]
    )
    func finiteDifferences(of form: (kind: ModelKind, bias: Bias), isSparse: Bool) throws {
        let model = LinearModel(
            kind: form.kind,
            columns: columns,
            classes: 3,
            bias: form.bias,
            biasScale: 2.5
        )
        let source = source(form.kind, isSparse: isSparse)
        let point = (0..<model.parameterCount).map { Double(Float($0 % 7) / 8 - 0.4) }
        var gradient = Vector(zeros: model.parameterCount + 2)
        let parameters = Vector(point.map { Float($0) })
        let sum = try source.withRows(0..<rows) { batch in
            model.addGradient(at: parameters, over: batch, into: &gradient)
        }
        let exact = summedLoss(point, model, source)
        #expect(abs(sum - exact) < 1e-5 * exact)
        for index in point.indices {
            var (above, below) = (point, point)
            above[index] += 1e-4
            below[index] -= 1e-4
            let difference = summedLoss(above, model, source) - summedLoss(below, model, source)
            // Differences err by 1e-8 · the third derivative, Float sums by 1e-6 of 12 rows.
            #expect(abs(Double(gradient[index]) - difference / 2e-4) < 2e-4)
        }
        #expect(gradient[model.parameterCount] == 0, "what lies behind stays as it was")
    }

    @Test("No rows: no loss, no gradient", arguments: linearKinds)
    func nothing(kind: ModelKind) throws {
        let model = LinearModel(kind: kind, columns: columns, classes: 3, bias: .free)
        var gradient = Vector(zeros: model.parameterCount)
        let parameters = Vector(zeros: model.parameterCount)
        let loss = try source(kind, isSparse: false).withRows(4..<4) { batch in
            model.addGradient(at: parameters, over: batch, into: &gradient)
        }
        #expect(loss == 0)
        #expect(sumOfSquares(gradient) == 0)
    }

    @Test("Scores of a thousand overflow nothing", arguments: [ModelKind.logistic, .softmax])
    func extremes(kind: ModelKind) throws {
        let rows = SampleRows([[1], [-1]], classes: [0, 1])
        let model = LinearModel(kind: kind, columns: 1, classes: 2, bias: .none)
        let parameters = Vector(kind == .softmax ? [-500, 500] : [1000])
        var gradient = Vector(zeros: model.parameterCount)
        let loss = try rows.withRows(0..<2) { batch in
            model.addGradient(at: parameters, over: batch, into: &gradient)
        }
        #expect(abs(loss - 2000) < 1e-3)
        #expect(gradient[model.parameterCount - 1] == 2)
    }
}

private let linearKinds = [ModelKind.linear, .logistic, .softmax]
