import LinearAlgebra
import RowSamples
import Testing

/// The rows of a batch, written out.
private func written(_ batch: Batch) -> [[Float]] {
    (0..<batch.rows).map { row in
        switch batch.features {
        case .dense(let base):
            return (0..<batch.columns).map { base[row * batch.columns + $0] }
        case .sparse(let offsets, let indices, let values):
            var line = [Float](repeating: 0, count: batch.columns)
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                line[Int(indices[entry])] = values[entry]
            }
            return line
        }
    }
}

private func labels(_ batch: Batch) -> [Float] {
    (0..<batch.rows).map { row in
        switch batch.labels {
        case .classes(let base): Float(base[row])
        case .real(let base): base[row]
        case .none: -1
        }
    }
}

private func withPointers(
    _ offsets: UnsafePointer<Int64>,
    _ indices: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>,
    _ body: (UnsafePointer<Int64>, UnsafePointer<Int32>, UnsafePointer<Float>) -> Void
) { body(offsets, indices, values) }

@Suite("Batches")
struct BatchTests {
    private let matrix = sampleMatrix(9, 4)

    @Test("A slice has the rows of its range", arguments: [false, true])
    func slices(isSparse: Bool) throws {
        let source = SampleRows(matrix, isSparse: isSparse, reals: (0..<9).map { Float($0) })
        try source.withRows(0..<9) { batch in
            let part = batch.slice(3..<7)
            #expect(written(part) == Array(matrix[3..<7]))
            #expect(labels(part) == [3, 4, 5, 6])
            #expect(batch.slice(9..<9).rows == 0)
            #expect(part.slice(1..<2).slice(0..<1).storedValues <= 4)
            #expect(written(part.slice(1..<2)) == [matrix[4]])
        }
    }

    @Test("Rows picked by their numbers are those picked one by one", arguments: [false, true])
    func picks(isSparse: Bool) throws {
        let source = SampleRows(matrix, isSparse: isSparse, classes: (0..<9).map { Int32($0) })
        let numbers: ArraySlice<Int32> = [8, 0, 3, 3, 5, 1, 7, 2, 6, 4, 8]
        let one = BatchBuffer(columns: 4, isSparse: isSparse, isReal: false)
        let all = BatchBuffer(columns: 4, isSparse: isSparse, isReal: false)
        try source.withRows(0..<9) { batch in
            one.append(row: 2, of: batch)
            all.append(row: 2, of: batch)
            for number in numbers { one.append(row: Int(number), of: batch) }
            let stored = batch.storedValues
            #expect(all.append(numbers, of: batch, storedValues: stored) == nil)
        }
        let expected = one.withBatch { (written($0), labels($0)) }
        let picked = all.withBatch { (written($0), labels($0)) }
        #expect(expected == picked)
    }

    @Test(
        "A row whose entries lie elsewhere than its batch's is named, and nothing is taken",
        arguments: [true, false]
    )
    func badRows(isSparse: Bool) {
        let (indices, values): ([Int32], [Float]) = ([0, 1, 2, 3], [1, 2, 3, 4])
        let cases: [([Int64], Int)] = [([0, 2, 5], 1), ([2, 1, 4], 0), ([-1, 2, 4], 0)]
        for (offsets, bad) in cases {
            let buffer = BatchBuffer(columns: 4, isSparse: isSparse, isReal: false)
            withPointers(offsets, indices, values) { offsets, indices, values in
                let batch = Batch(
                    rows: 2,
                    columns: 4,
                    features: .sparse(offsets: offsets, indices: indices, values: values),
                    labels: .none
                )
                #expect(buffer.append([0, 1], of: batch, storedValues: 4) == bad)
            }
            #expect(buffer.withBatch { $0.rows } == 0)
        }
    }

    @Test("Gathered rows keep their order, their labels and their scale", arguments: [false, true])
    func gathers(isSparse: Bool) throws {
        let source = SampleRows(matrix, isSparse: isSparse, classes: (0..<9).map { Int32($0) })
        let buffer = BatchBuffer(columns: 4, isSparse: isSparse, isReal: false)
        let picked = [8, 0, 3, 3]
        for _ in 0..<2 {
            buffer.clear()
            for row in picked {
                try source.withRows(row..<row + 1) { buffer.append(row: 0, of: $0) }
            }
            buffer.withBatch { batch in
                #expect(written(batch) == picked.map { matrix[$0] })
                #expect(labels(batch) == picked.map { Float($0) })
            }
        }
        let factors: [Float] = [2, 0.5, 1, 4]
        let centers: [Float] = isSparse ? [0, 0, 0, 0] : [1, 0, -1, 0.25]
        buffer.scale(centers: centers, factors: factors)
        let expected = picked.map { row in
            (0..<4).map { (matrix[row][$0] - centers[$0]) * factors[$0] }
        }
        buffer.withBatch { batch in #expect(written(batch) == expected) }
    }

    @Test("Real labels take another unit; classes do not")
    func scalesLabels() throws {
        let buffer = BatchBuffer(columns: 4, isSparse: false, isReal: true)
        try SampleRows(matrix, reals: (0..<9).map { Float($0) }).withRows(4..<5) {
            buffer.append(row: 0, of: $0)
        }
        buffer.scaleLabels(center: 2, factor: 0.5)
        buffer.withBatch { batch in #expect(labels(batch) == [1]) }
    }

    @Test("An empty buffer hands out an empty batch", arguments: [false, true])
    func empty(isSparse: Bool) {
        let buffer = BatchBuffer(columns: 4, isSparse: isSparse, isReal: true)
        buffer.withBatch { batch in
            #expect(batch.rows == 0)
            #expect(batch.storedValues == 0)
        }
    }

    @Test("Joined sources are one behind the other", arguments: [false, true])
    func joined(isSparse: Bool) throws {
        let label = (0..<9).map { Float($0) }
        func part(_ range: Range<Int>) -> SampleRows {
            SampleRows(Array(matrix[range]), isSparse: isSparse, reals: Array(label[range]))
        }
        let source = JoinedRows([part(0..<4), part(4..<5), part(5..<9)])
        #expect(source.rows == 9)
        for range in [0..<9, 0..<4, 4..<5, 3..<6, 8..<9, 5..<5] {
            try source.withRows(range) { batch in
                #expect(written(batch) == Array(matrix[range]))
                #expect(labels(batch) == Array(label[range]))
            }
        }
    }
}

@Suite("Products of batches")
struct ProductTests {
    @Test(
        "Scores are those of three nested loops",
        arguments: [false, true],
        [(0, 3, 2), (1, 1, 1), (17, 5, 1), (17, 5, 4), (3, 40, 2)]
    )
    func scores(isSparse: Bool, shape: (rows: Int, columns: Int, outputs: Int)) throws {
        let matrix = sampleMatrix(shape.rows, shape.columns)
        let weights = sampleMatrix(shape.outputs, shape.columns, seed: 2)
        let source = SampleRows(
            matrix,
            isSparse: isSparse,
            reals: [Float](repeating: 0, count: shape.rows)
        )
        var scores = [Float](repeating: .nan, count: shape.rows * shape.outputs)
        try source.withRows(0..<shape.rows) { batch in
            multiply(
                batch,
                byTransposed: weights.flatMap { $0 },
                outputs: shape.outputs,
                into: &scores
            )
        }
        for (row, line) in matrix.enumerated() {
            for (output, weight) in weights.enumerated() {
                let exact = zip(line, weight).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                // At most 40 products of magnitudes up to 1, each rounded to 24 bits.
                #expect(abs(Double(scores[row * shape.outputs + output]) - exact) < 1e-5)
            }
        }
    }

    @Test(
        "Gradients add up as three nested loops add them",
        arguments: [false, true],
        [(0, 3, 2), (1, 1, 1), (17, 5, 1), (17, 5, 4), (40, 3, 2)]
    )
    func gradients(isSparse: Bool, shape: (rows: Int, columns: Int, outputs: Int)) throws {
        let matrix = sampleMatrix(shape.rows, shape.columns)
        let residuals = sampleMatrix(shape.rows, shape.outputs, seed: 3)
        let source = SampleRows(
            matrix,
            isSparse: isSparse,
            reals: [Float](repeating: 0, count: shape.rows)
        )
        var gradient = [Float](repeating: 0.5, count: shape.outputs * shape.columns)
        try source.withRows(0..<shape.rows) { batch in
            addProduct(
                ofTransposed: residuals.flatMap { $0 },
                outputs: shape.outputs,
                and: batch,
                into: &gradient
            )
        }
        for output in 0..<shape.outputs {
            for column in 0..<shape.columns {
                var exact = 0.5
                for row in 0..<shape.rows {
                    exact += Double(residuals[row][output]) * Double(matrix[row][column])
                }
                #expect(abs(Double(gradient[output * shape.columns + column]) - exact) < 1e-5)
            }
        }
    }
}
