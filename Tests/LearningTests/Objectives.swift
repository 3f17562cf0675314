import Foundation
import Learning
import RowSamples

/// Objectives as a textbook writes them, row by row, and slow searches for their minima.
struct Objective {
    enum Loss { case squared, logistic, softmax, squaredHinge, hinge, crammerSinger }

    var loss: Loss
    var rows: SampleRows
    var shape: SmoothProblem.Shape
    var weights: [Float] = []

    /// z of one row.
    func scores(_ row: Int, _ parameters: [Double]) -> [Double] {
        (0..<shape.outputs).map { k in
            var sum = 0.0
            for column in 0..<shape.columns {
                sum += Double(rows.values[row][column]) * parameters[k * shape.columns + column]
            }
            if let bias = shape.bias { sum += bias * parameters[shape.weightCount + k] }
            return sum
        }
    }

    /// The loss of one row.
    func loss(_ row: Int, _ z: [Double]) -> Double {
        let label = rows.classes.map { Int($0[row]) } ?? 0
        let weight = weights.isEmpty ? 1 : Double(weights[row])
        func margin(_ k: Int) -> Double {
            (label == (shape.outputs == 1 ? 1 : k) ? 1 : -1) * z[k]
        }
        switch loss {
        case .squared:
            let error = z[0] - Double(rows.reals?[row] ?? 0)
            return weight * error * error / 2
        case .logistic: return weight * log1p(exp(-margin(0)))
        case .softmax: return weight * (log(z.reduce(0) { $0 + exp($1) }) - z[label])
        case .squaredHinge:
            return weight * z.indices.reduce(0) { $0 + pow(max(0, 1 - margin($1)), 2) }
        case .hinge: return weight * z.indices.reduce(0) { $0 + max(0, 1 - margin($1)) }
        case .crammerSinger:
            let worst = z.indices.map { z[$0] + ($0 == label ? 0 : 1) }.max() ?? 0
            return weight * (worst - z[label])
        }
    }

    /// P.
    func value(_ parameters: [Double]) -> Double {
        var sum = 0.0
        for row in 0..<rows.rows { sum += loss(row, scores(row, parameters)) }
        sum *= shape.factor
        for (index, value) in parameters.enumerated() {
            sum += shape.penalty(of: index) * value * value / 2
        }
        return sum
    }

    /// ∇P by central differences of each row's loss.
    func gradient(_ parameters: [Double]) -> [Double] {
        var gradient = parameters.enumerated().map { shape.penalty(of: $0.offset) * $0.element }
        for row in 0..<rows.rows {
            var z = scores(row, parameters)
            for k in z.indices {
                let (middle, width) = (z[k], 1e-5)
                z[k] = middle + width
                let high = loss(row, z)
                z[k] = middle - width
                let slope = shape.factor * (high - loss(row, z)) / (2 * width)
                z[k] = middle
                for column in 0..<shape.columns {
                    gradient[k * shape.columns + column] +=
                        slope * Double(rows.values[row][column])
                }
                if let bias = shape.bias { gradient[shape.weightCount + k] += slope * bias }
            }
        }
        return gradient
    }

    /// The minimum by plain gradient descent with halving steps; for smooth losses.
    ///
    /// It ends where thirty steps together win less than 1e-13 of it.
    func minimum(steps: Int = 3000) -> Double {
        var point = [Double](repeating: 0, count: shape.parameterCount)
        var (best, length) = (value(point), 1.0)
        var past: [Double] = []
        for step in 0..<steps {
            past.append(best)
            if step >= 30, past[step - 30] - best < 1e-13 * best { break }
            let slope = gradient(point)
            let square = slope.reduce(0) { $0 + $1 * $1 }
            if square < 1e-18 { break }
            length *= 2
            while length > 1e-14 {
                let trial = zip(point, slope).map { $0 - length * $1 }
                let reached = value(trial)
                if reached <= best - length * square / 2 {
                    (point, best) = (trial, reached)
                    break
                }
                length /= 2
            }
        }
        return best
    }
}

/// Rows of classes that overlap, so that every model has something to weigh.
func overlapping(
    rows: Int = 60,
    columns: Int = 4,
    classes: Int = 2,
    isSparse: Bool = false
)
    -> SampleRows
{
    let values = sampleMatrix(rows, columns, seed: 3)
    let labels = values.enumerated().map { index, row in
        let lean = row[0] + row[1] - 0.5 * row[2] + Float((index * 37) % 11) / 6 - 0.9
        return classes == 2
            ? Int32(lean > 0 ? 1 : 0) : Int32(Int((lean + 3) * 1.3) % classes)
    }
    return SampleRows(values, isSparse: isSparse, classes: labels)
}
