import Domain
import Foundation
import LinearAlgebra
import RowSamples
import Testing

@testable import Learning

/// Kernels as a textbook writes them.
private func kernel(_ function: KernelFunction, _ u: [Float], _ v: [Float]) -> Double {
    let product = zip(u, v).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    let distance = zip(u, v).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return switch function.kind {
    case .linear: product
    case .rbf: exp(-function.gamma * distance)
    case .poly: pow(function.gamma * product + function.coef0, Double(function.degree))
    case .sigmoid: tanh(function.gamma * product + function.coef0)
    }
}

private func landmarks(_ function: KernelFunction, _ rows: SampleRows) -> Landmarks {
    guard rows.isSparse else {
        return Landmarks(
            function,
            dense: rows.values.flatMap { $0 },
            columns: rows.columns,
            count: rows.rows
        )
    }
    var (offsets, indices, values) = ([0], [Int32](), [Float]())
    for row in rows.values {
        for (column, value) in row.enumerated() where value != 0 {
            indices.append(Int32(column))
            values.append(value)
        }
        offsets.append(values.count)
    }
    return Landmarks(
        function,
        offsets: offsets,
        indices: indices,
        values: values,
        columns: rows.columns
    )
}

private func features(_ map: any RowMap, of rows: SampleRows) throws -> [[Double]] {
    var result = [Float](repeating: 0, count: rows.rows * map.features)
    try rows.withRows(0..<rows.rows) { map.write($0, to: &result) }
    return (0..<rows.rows).map { row in
        result[row * map.features..<(row + 1) * map.features].map { Double($0) }
    }
}

/// The largest difference between inner products of features and the kernel.
private func worst(_ map: any RowMap, on rows: SampleRows) throws -> Double {
    let lines = try features(map, of: rows)
    var worst = 0.0
    for i in lines.indices {
        for j in lines.indices {
            let product = zip(lines[i], lines[j]).reduce(0) { $0 + $1.0 * $1.1 }
            let exact = kernel(map.function, rows.values[i], rows.values[j])
            worst = max(worst, abs(product - exact))
        }
    }
    return worst
}

private let functions = [
    KernelFunction(kind: .linear), KernelFunction(kind: .rbf, gamma: 0.3),
    KernelFunction(kind: .poly, gamma: 0.5, degree: 3, coef0: 1),
]

@Suite("Features that stand for a kernel")
struct KernelFeaturesTests {
    private func rows(_ count: Int = 40, isSparse: Bool = false) -> SampleRows {
        SampleRows(
            sampleMatrix(count, 5),
            isSparse: isSparse,
            classes: (0..<count).map { Int32($0 % 2) }
        )
    }

    @Test("Normal numbers: mean, variance and tails are those of the normal distribution")
    func normal() {
        var numbers = GaussianNumbers(SeededGenerator(seed: 3))
        let values = (0..<40_000).map { _ in numbers.next() }
        let count = Double(values.count)
        // Four deviations of each mean over 40,000 numbers: 4·1/200, 4·√2/200, 4·√96/200.
        #expect(abs(values.reduce(0, +) / count) < 0.02)
        #expect(abs(values.reduce(0) { $0 + $1 * $1 } / count - 1) < 0.0283)
        #expect(abs(values.reduce(0) { $0 + pow($1, 4) } / count - 3) < 0.196)
        let beyond = Double(values.count { abs($0) > 1.96 }) / count
        #expect(abs(beyond - 0.05) < 0.0044)
        for x in [1e-300, 0.1, 0.5, 0.9999, 1, 1.5, 3, 1e9] {
            #expect(abs(logarithm(x) - log(x)) <= 4e-16 * max(1, abs(log(x))))
        }
    }

    @Test("Random Fourier features: the error falls with the root of their number")
    func fourier() throws {
        for isSparse in [false, true] {
            var errors: [Double] = []
            for count in [64, 1024, 16_384] {
                let map = FourierMap(
                    gamma: 0.3,
                    features: count,
                    columns: 5,
                    isSparse: isSparse,
                    seed: 9
                )
                errors.append(try worst(map, on: rows(isSparse: isSparse)))
            }
            // The largest of 1600 errors of deviation about 1/√D lies within 5/√D.
            #expect(errors[0] < 0.63 && errors[1] < 0.16 && errors[2] < 0.04)
            #expect(errors[1] < errors[0] / 2 && errors[2] < errors[1] / 2)
        }
    }

    @Test("Dense and sparse rows have the same random features, another seed has others")
    func seeds() throws {
        func map(_ isSparse: Bool, _ seed: UInt64) -> FourierMap {
            FourierMap(gamma: 0.2, features: 30, columns: 5, isSparse: isSparse, seed: seed)
        }
        #expect(map(false, 4).frequencies == map(true, 4).frequencies)
        #expect(map(false, 4).phases == map(true, 4).phases)
        #expect(map(false, 4).frequencies != map(false, 5).frequencies)
        let dense = try features(map(false, 4), of: rows())
        let sparse = try features(map(true, 4), of: rows(isSparse: true))
        for (mine, other) in zip(dense.joined(), sparse.joined()) {
            // Five products in Float, in another order.
            #expect(abs(mine - other) < 1e-5)
        }
    }

    @Test("Nyström with all rows as landmarks is the kernel", arguments: functions)
    func nystrom(function: KernelFunction) throws {
        for isSparse in [false, true] {
            let rows = rows(isSparse: isSparse)
            let landmarks = landmarks(function, rows)
            let basis = try #require(NystromMap.basis(of: landmarks))
            let map = NystromMap(landmarks, basis: basis)
            // Features are sums of 40 kernel values in Float, over the root of eigenvalues down to
            // 1e-7 of the largest.
            let largest = rows.values.map { abs(kernel(function, $0, $0)) }.max() ?? 1
            #expect(try worst(map, on: rows) < 2e-3 * largest)
        }
    }

    @Test("Landmarks that repeat each other make no more directions, and all is finite")
    func duplicates() throws {
        let rows = rows(12)
        let function = KernelFunction(kind: .rbf, gamma: 0.3)
        let repeated = SampleRows(
            rows.values + rows.values + [rows.values[0]],
            classes: [Int32](repeating: 0, count: 25)
        )
        let landmarks = landmarks(function, repeated)
        let basis = try #require(NystromMap.basis(of: landmarks))
        #expect(basis.allSatisfy { $0.isFinite })
        let map = NystromMap(landmarks, basis: basis)
        #expect(map.features <= 12)
        #expect(try worst(map, on: rows) < 1e-3)
        let same = Landmarks(
            function,
            dense: [Float](repeating: 1, count: 15),
            columns: 5,
            count: 3
        )
        #expect(try #require(NystromMap.basis(of: same)).count == 3)
    }

    @Test("A kernel that is no inner product loses its negative directions; zeros keep one")
    func indefinite() throws {
        let function = KernelFunction(kind: .sigmoid, gamma: 1, coef0: -1)
        let landmarks = landmarks(function, rows(20))
        let basis = try #require(NystromMap.basis(of: landmarks))
        #expect(basis.allSatisfy { $0.isFinite } && basis.count < 20 * 20)
        let zeros = Landmarks(
            KernelFunction(kind: .linear),
            dense: [Float](repeating: 0, count: 10),
            columns: 5,
            count: 2
        )
        #expect(NystromMap.basis(of: zeros) == [0, 0])
        let bad = Landmarks(
            KernelFunction(kind: .linear),
            dense: [.infinity, 0],
            columns: 1,
            count: 2
        )
        #expect(NystromMap.basis(of: bad) == nil)
    }

    @Test("Rows far from the origin keep their distances")
    func far() throws {
        let far = SampleRows(
            rows().values.map { $0.map { $0 + 4096 } },
            classes: rows().classes ?? []
        )
        let landmarks = landmarks(KernelFunction(kind: .rbf, gamma: 0.5), far)
        var values = [Float](repeating: 0, count: far.rows * far.rows)
        try far.withRows(0..<far.rows) { landmarks.write($0, to: &values) }
        let matrix = landmarks.matrix
        for i in 0..<far.rows {
            for j in 0..<far.rows {
                let exact = kernel(landmarks.function, far.values[i], far.values[j])
                #expect(abs(Double(values[i * far.rows + j]) - exact) < 1e-5)
                #expect(abs(matrix[i * far.rows + j] - exact) < 1e-12)
            }
        }
    }

    @Test("A model's words give the scores of the machine on the features")
    func words() throws {
        let function = KernelFunction(kind: .rbf, gamma: 0.4)
        for isSparse in [false, true] {
            let rows = rows(isSparse: isSparse)
            let landmarks = landmarks(function, rows)
            let basis = try #require(NystromMap.basis(of: landmarks))
            let map = NystromMap(landmarks, basis: basis)
            let own = (0..<2 * map.features).map { (index: Int) -> Double in
                Double((index * 7) % 11) / 50 - 0.1
            }
            let words = map.words(weights: own, biases: [0.5, -0.25])
            let shape = map.shape(outputs: 2)
            let tensors = shape.tensors(columns: 5, classes: 3)
            #expect(shape.isOneVsRest && shape.supports == 40)
            // Three classes would have three outputs; here are two.
            let count = tensors.reduce(0) { $0 + $1.count } - 40 - 1
            #expect(words.count == count)
            let coefficients = Array(words[(words.count - 82)..<(words.count - 2)])
            let lines = try features(map, of: rows)
            for row in 0..<rows.rows {
                var linear = 0.5
                for feature in 0..<map.features { linear += lines[row][feature] * own[feature] }
                var sum = -Double(words[words.count - 2])
                for landmark in 0..<40 {
                    let value = kernel(function, rows.values[row], rows.values[landmark])
                    sum += Double(coefficients[landmark]) * value
                }
                #expect(abs(sum - linear) < 2e-3)
            }
        }
    }

    @Test("Kept features and those made anew are the same rows")
    func kept() throws {
        let rows = rows(50)
        let map = FourierMap(gamma: 0.2, features: 8, columns: 5, isSparse: false, seed: 1)
        let expected = try features(map, of: rows)
        for bytes in [0, 8 * 4 * 20, 1 << 20] {
            let mapped = MappedRows(rows, by: map)
            try mapped.keep(bytes: bytes)
            #expect(mapped.rows == 50 && mapped.columns == 8 && !mapped.isSparse)
            for range in [0..<50, 3..<9, 15..<25, 20..<50, 50..<50] {
                try mapped.withRows(range) { compare($0, with: expected, range) }
            }
        }
    }

    private func compare(_ batch: Batch, with expected: [[Double]], _ range: Range<Int>) {
        guard case .dense(let base) = batch.features, case .classes(let labels) = batch.labels
        else {
            Issue.record("not dense rows with classes")
            return
        }
        for (place, row) in range.enumerated() {
            #expect(labels[place] == Int32(row % 2))
            let found = (0..<8).map { Double(base[place * 8 + $0]) }
            // Blocks of other sizes may round otherwise.
            #expect(zip(found, expected[row]).allSatisfy { abs($0 - $1) < 1e-6 })
        }
    }

    @Test("γ of `scale` is one over the columns times the variance of all values")
    func scale() throws {
        for isSparse in [false, true] {
            let rows = rows(isSparse: isSparse)
            let sums = try ColumnSums(of: rows) { $0 >= 10 }
            let values = rows.values[10...].flatMap { $0.map { Double($0) } }
            let mean = values.reduce(0, +) / Double(values.count)
            var variance = 0.0
            for value in values { variance += pow(value - mean, 2) / Double(values.count) }
            #expect(abs(sums.scaleGamma * 5 * variance - 1) < 1e-12)
        }
        let same = SampleRows([[2, 2], [2, 2]], classes: [0, 1])
        let sums = try ColumnSums(of: same) { _ in true }
        #expect(sums.scaleGamma == 1)
    }
}
