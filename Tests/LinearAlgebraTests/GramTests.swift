import LinearAlgebra
import RowSamples
import Testing

@Suite("Sums in Double over rows of Float")
struct GramTests {
    /// Σ w·x̃·x̃ᵀ by three loops, as a packed triangle.
    private func naive(_ rows: SampleRows, _ weights: [Double], bias: Double?) -> [Double] {
        let order = rows.columns + (bias == nil ? 0 : 1)
        var sums: [Double] = []
        for i in 0..<order {
            for j in i..<order {
                var sum = 0.0
                for (row, weight) in zip(rows.values, weights) {
                    let extended = row.map { Double($0) } + [bias ?? 0]
                    sum += weight * extended[i] * extended[j]
                }
                sums.append(sum)
            }
        }
        return sums
    }

    private func summed(
        _ rows: SampleRows,
        _ weights: [Double],
        bias: Double?,
        isSingle: Bool
    ) throws -> [Double] {
        let gram = GramSum(
            columns: rows.columns,
            bias: bias,
            isSparse: rows.isSparse,
            isSingle: isSingle
        )
        try rows.withRows(0..<200) { gram.add($0, weights: weights) }
        let rest = Array(weights[200...])
        try rows.withRows(200..<rows.rows) { gram.add($0, weights: rest) }
        var packed = [Double](repeating: 0, count: PackedMatrix.count(order: gram.order))
        gram.addPacked(to: &packed)
        return packed
    }

    private let weights = (0..<430).map { Double($0 % 7) / 3 }

    @Test("Curvature sums are those of three loops", arguments: [nil, 1, 2.5], [true, false])
    func gram(bias: Double?, isSparse: Bool) throws {
        let classes = [Int32](repeating: 0, count: 430)
        let rows = SampleRows(sampleMatrix(430, 9), isSparse: isSparse, classes: classes)
        let expected = naive(rows, weights, bias: bias)
        let exact = try summed(rows, weights, bias: bias, isSingle: false)
        let single = try summed(rows, weights, bias: bias, isSingle: true)
        for (index, value) in expected.enumerated() {
            // 430 additions in Double; products in Float have seven digits of up to 430 · 2 · 6.
            #expect(abs(exact[index] - value) < 1e-10)
            #expect(abs(single[index] - value) < 5e-3)
        }
    }

    @Test("Rows of ones are scattered like any others")
    func ones() throws {
        let values = (0..<430).map { row in
            (0..<9).map { (row * 31 + $0 * 17) % 5 < 2 ? Float(1) : 0 }
        }
        let classes = [Int32](repeating: 0, count: 430)
        let rows = SampleRows(values, isSparse: true, classes: classes)
        let packed = try summed(rows, weights, bias: 1, isSingle: false)
        for (mine, value) in zip(packed, naive(rows, weights, bias: 1)) {
            #expect(abs(mine - value) < 1e-10)
        }
    }

    @Test("A factored matrix solves", arguments: [1, 2, 3, 4, 5, 8, 37])
    func solve(order: Int) throws {
        let rows = SampleRows(
            sampleMatrix(3 * order + 2, order),
            classes: [Int32](repeating: 0, count: 3 * order + 2)
        )
        let ones = [Double](repeating: 1, count: rows.rows)
        var matrix = PackedMatrix(order: order, elements: naive(rows, ones, bias: nil))
        for i in 0..<order { matrix.elements[matrix.diagonal(i)] += 0.5 }
        let wanted = (0..<order).map { Double($0) - 1.5 }
        var right = [Double](repeating: 0, count: order)
        for i in 0..<order {
            for j in 0..<order {
                let (low, high) = (min(i, j), max(i, j))
                right[i] += matrix.elements[matrix.diagonal(low) + high - low] * wanted[j]
            }
        }
        let factor = try #require(matrix.factor())
        factor.solve(&right)
        for (mine, value) in zip(right, wanted) { #expect(abs(mine - value) < 1e-9) }
    }

    @Test("A matrix that is not positive definite has no factor until a ridge makes it so")
    func singular() {
        let matrix = PackedMatrix(order: 2, elements: [1, 1, 1])
        #expect(matrix.factor() == nil)
        #expect(matrix.factor(ridge: 1e-6) != nil)
        #expect(PackedMatrix(order: 2, elements: [1, 0, -1]).factor() == nil)
    }

    @Test("Products with weights in Double are those of two loops", arguments: [true, false])
    func products(isSparse: Bool) throws {
        let classes = [Int32](repeating: 0, count: 21)
        let rows = SampleRows(sampleMatrix(21, 19), isSparse: isSparse, classes: classes)
        let weights = (0..<57).map { Double($0 % 11) - 4.5 }
        let residuals = (0..<63).map { Double($0 % 5) - 2 }
        var scores = [Double](repeating: 0, count: 63)
        var gradient = [Double](repeating: 1, count: 57)
        try rows.withRows(0..<21) { batch in
            multiply(batch, byTransposed: weights, outputs: 3, into: &scores)
            addProduct(ofTransposed: residuals, outputs: 3, and: batch, into: &gradient)
        }
        for row in 0..<21 {
            for k in 0..<3 {
                let sum = (0..<19).reduce(0.0) {
                    $0 + Double(rows.values[row][$1]) * weights[k * 19 + $1]
                }
                #expect(abs(scores[row * 3 + k] - sum) < 1e-12)
            }
        }
        for k in 0..<3 {
            for column in 0..<19 {
                let sum = (0..<21).reduce(1.0) {
                    $0 + residuals[$1 * 3 + k] * Double(rows.values[$1][column])
                }
                #expect(abs(gradient[k * 19 + column] - sum) < 1e-12)
            }
        }
    }
}
