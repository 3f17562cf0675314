import Domain
import Foundation
import RowSamples

/// A machine for two classes straight from the definition, in Double: one pair of variables at a
/// time, the most violating one, to a tight end.
struct NaiveSVM {
    let function: KernelFunction
    let rows: [[Float]]
    /// ±1.
    let signs: [Double]
    let costs: [Double]
    private(set) var alpha: [Double]
    private(set) var matrix: [[Double]]

    init(_ function: KernelFunction, _ rows: [[Float]], signs: [Double], costs: [Double]) {
        (self.function, self.rows, self.signs, self.costs) = (function, rows, signs, costs)
        alpha = [Double](repeating: 0, count: rows.count)
        matrix = rows.map { a in rows.map { naiveValue(function, a, $0) } }
        solve()
    }

    /// y_t − Σ α_s y_s K_st.
    var v: [Double] {
        rows.indices.map { t in
            rows.indices.reduce(signs[t]) { $0 - alpha[$1] * signs[$1] * matrix[$1][t] }
        }
    }

    private mutating func solve() {
        var v = v
        for _ in 0..<200_000 {
            let up = rows.indices.filter { signs[$0] > 0 ? alpha[$0] < costs[$0] : alpha[$0] > 0 }
            let down = rows.indices.filter { signs[$0] < 0 ? alpha[$0] < costs[$0] : alpha[$0] > 0 }
            guard let i = up.max(by: { v[$0] < v[$1] }), let j = down.min(by: { v[$0] < v[$1] }),
                v[i] - v[j] > 1e-9
            else { return }
            let bend = max(matrix[i][i] + matrix[j][j] - 2 * matrix[i][j], 1e-12)
            let room = signs[i] > 0 ? costs[i] - alpha[i] : alpha[i]
            let otherRoom = signs[j] > 0 ? alpha[j] : costs[j] - alpha[j]
            let length = min((v[i] - v[j]) / bend, room, otherRoom)
            alpha[i] += signs[i] * length
            alpha[j] -= signs[j] * length
            for t in [i, j] {
                if alpha[t] < 1e-13 { alpha[t] = 0 }
                if alpha[t] > costs[t] - 1e-13 { alpha[t] = costs[t] }
            }
            for t in rows.indices { v[t] -= length * (matrix[i][t] - matrix[j][t]) }
        }
    }

    /// ½ αᵀQα − Σα.
    var dual: Double {
        let v = v
        return rows.indices.reduce(0) { $0 + alpha[$1] * (1 - signs[$1] * v[$1]) / 2 - alpha[$1] }
    }
}

/// K(a, b) from its definition.
func naiveValue(_ function: KernelFunction, _ a: [Float], _ b: [Float]) -> Double {
    var (product, distance) = (0.0, 0.0)
    for (x, y) in zip(a, b) {
        product += Double(x) * Double(y)
        distance += (Double(x) - Double(y)) * (Double(x) - Double(y))
    }
    return switch function.kind {
    case .linear: product
    case .rbf: exp(-function.gamma * distance)
    case .poly: pow(function.gamma * product + function.coef0, Double(function.degree))
    case .sigmoid: tanh(function.gamma * product + function.coef0)
    }
}

/// The sum of the duals of all pairs of classes, each by `NaiveSVM`.
func naiveDual(_ function: KernelFunction, _ sample: SampleRows, costs: [Double]) -> Double {
    let labels = sample.classes ?? []
    var sum = 0.0
    for a in costs.indices {
        for b in costs.indices where b > a {
            let own = labels.indices.filter { [a, b].contains(Int(labels[$0])) }
            let machine = NaiveSVM(
                function,
                own.map { sample.values[$0] },
                signs: own.map { Int(labels[$0]) == a ? 1 : -1 },
                costs: own.map { costs[Int(labels[$0])] }
            )
            sum += machine.dual
        }
    }
    return sum
}

/// Rows around one center for each class, which overlap; the same in every test run.
func overlapping(
    classes: Int,
    rows: Int,
    columns: Int = 6,
    isSparse: Bool = false
) -> SampleRows {
    var values: [[Float]] = []
    var labels: [Int32] = []
    var state: UInt64 = 7
    func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int(state >> 40) - (1 << 23)) / Float(1 << 23)
    }
    for row in 0..<rows {
        let label = row % classes
        values.append(
            (0..<columns).map { column in
                let value = next() + next() + (column % classes == label ? 0.6 : 0)
                return isSparse && next() < 0.2 ? 0 : value
            }
        )
        labels.append(Int32(label))
    }
    return SampleRows(values, isSparse: isSparse, classes: labels)
}
