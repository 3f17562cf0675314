import Domain
import Learning
import LinearAlgebra
import RowSamples
import Testing

@Suite("Columns and labels in other units")
struct ScalingTests {
    /// Column 2 is constant, column 3 rare and far out; labels lie far from zero.
    private static func source(isSparse: Bool) -> SampleRows {
        let matrix = (0..<40).map { row -> [Float] in
            let small = Float(row % 7) / 1000
            return [small, 5000 + Float(row % 11) * 10, 7, row == 3 ? 900 : 0, 0]
        }
        return SampleRows(
            matrix,
            isSparse: isSparse,
            reals: (0..<40).map { 2000 + Float($0 % 13) / 4 }
        )
    }

    private func scaling(_ source: SampleRows, isCentered: Bool) throws -> Scaling {
        let sums = try ColumnSums(of: source) { _ in true }
        return Scaling(
            columns: ColumnScaling(sums, isCentered: isCentered),
            labels: LabelScaling(sums, isCentered: isCentered)
        )
    }

    @Test("Scaled columns deviate by one, or reach no further than eight")
    func deviations() throws {
        let source = Self.source(isSparse: false)
        let columns = try scaling(source, isCentered: true).columns
        for column in 0..<5 {
            let scaled = source.values.map { row in
                Double((row[column] - columns.centers[column]) * columns.factors[column])
            }
            let mean = scaled.reduce(0, +) / 40
            let variance = scaled.reduce(0) { $0 + $1 * $1 } / 40
            let reach = scaled.map { abs($0) }.max() ?? 0
            #expect(abs(mean) < 1e-4)
            switch column {
            case 0, 1: #expect(abs(variance - 1) < 1e-3)
            case 3: #expect(reach <= 8.001 && variance < 1)
            default: #expect(reach == 0, "a constant column becomes zero and harms nothing")
            }
        }
    }

    @Test("Labels deviate by one from zero, and a constant label keeps its unit")
    func labels() throws {
        let source = Self.source(isSparse: false)
        let unit = try scaling(source, isCentered: true).labels
        let scaled = (source.reals ?? []).map { (Double($0) - unit.center) * unit.factor }
        #expect(abs(scaled.reduce(0, +)) < 1e-9)
        #expect(abs(scaled.reduce(0) { $0 + $1 * $1 } / 40 - 1) < 1e-9)
        #expect(abs(unit.lossUnit * unit.factor * unit.factor - 1) < 1e-12)
        let constant = SampleRows([[1], [2]], reals: [3, 3])
        let sums = try ColumnSums(of: constant) { _ in true }
        #expect(LabelScaling(sums, isCentered: true) == LabelScaling(center: 3, factor: 1))
    }

    @Test(
        "Raw parameters score raw rows as scaled ones score scaled rows",
        arguments: [Bias.free, .feature, .none],
        [false, true]
    )
    func rawParameters(bias: Bias, isSparse: Bool) throws {
        let source = Self.source(isSparse: isSparse)
        let scaling = try scaling(source, isCentered: bias == .free)
        let model = LinearModel(kind: .linear, columns: 5, classes: 2, bias: bias, biasScale: 3)
        var scaled = Vector((0..<model.parameterCount).map { 0.5 - Float($0) / 5 })
        let raw = scaling.raw(scaled, of: model)
        let rows = ScaledRows(source, scaling: scaling)
        var expected = [Float](repeating: 0, count: 40)
        try rows.centering.withMoved(&scaled, of: model) { moved in
            try rows.withRows(ArraySlice(0..<40)) { batch in
                model.writeScores(at: moved, of: batch, to: &expected)
            }
        }
        var scores = [Float](repeating: 0, count: 40)
        try source.withRows(0..<40) { batch in
            model.writeScores(at: raw, of: batch, to: &scores)
        }
        for (score, scaledScore) in zip(scores, expected) {
            let inRawUnits = Double(scaledScore) / scaling.labels.factor + scaling.labels.center
            // Raw columns reach 5,000 and the bias as much: one Float there is 5e-4.
            #expect(abs(Double(score) - inRawUnits) < 1e-2)
        }
    }

    @Test(
        "Rows gathered ahead are those asked for next; others are gathered then",
        arguments: [false, true]
    )
    func ahead(isSparse: Bool) throws {
        let source = Self.source(isSparse: isSparse)
        let scaling = try scaling(source, isCentered: true)
        func values(_ rows: ScaledRows, _ numbers: ArraySlice<Int32>) throws -> [Float] {
            try rows.withRows(numbers) { batch in
                var values = [Float](repeating: 0, count: batch.rows * batch.columns)
                batch.writeDense(to: &values)
                return values
            }
        }
        let (first, second, third): (ArraySlice<Int32>, ArraySlice<Int32>, ArraySlice<Int32>) =
            ([3, 1, 4], [1, 5, 9, 2], [6, 5])
        let (plain, early) = (
            ScaledRows(source, scaling: scaling), ScaledRows(source, scaling: scaling)
        )
        for next in [second, third, second] {
            #expect(try values(early, first) == values(plain, first))
            try early.gatherAhead(second)
            #expect(try values(early, next) == values(plain, next))
        }
    }

    @Test("Sparse rows are centred as if their zeros were stored")
    func sparseCentering() throws {
        let (dense, sparse) = (Self.source(isSparse: false), Self.source(isSparse: true))
        let scaling = try scaling(dense, isCentered: true)
        #expect(try self.scaling(sparse, isCentered: true).labels == scaling.labels)
        let model = LinearModel(kind: .linear, columns: 5, classes: 2, bias: .free)
        var parameters = Vector([0.3, -0.2, 0.1, 0.4, 0.5, -0.6])
        var gradients: [[Float]] = []
        for source in [dense, sparse] {
            let rows = ScaledRows(source, scaling: scaling)
            var gradient = Vector(zeros: model.parameterCount)
            try rows.centering.withMoved(&parameters, of: model) { moved in
                try rows.withRows(ArraySlice(0..<40)) { batch in
                    _ = model.addGradient(at: moved, over: batch, into: &gradient)
                }
            }
            #expect(parameters[5] == -0.6, "what was lent comes back as it was")
            rows.centering.correct(&gradient, of: model)
            gradients.append(gradient.array)
            #expect(rows.centering.isNone == !source.isSparse)
        }
        for (one, other) in zip(gradients[0], gradients[1]) {
            // The second column lies 160 deviations from zero: as many times one Float's rounding.
            #expect(abs(one - other) < 1e-2)
        }
    }
}

@Suite("Columns without extremes")
struct MomentTests {
    /// Ranks that must not be asked for the largest of anything.
    private final class SumsOnly: Reducer {
        let rank = 1
        let worldSize = 2
        private let other: [Double]

        init(_ other: ColumnSums) {
            self.other = other.values
        }

        func makeVector(count: Int) -> Vector { Vector(zeros: count) }
        func sum(_ vector: inout Vector) {}
        func beginSum(_ vector: borrowing Vector, _ elements: Range<Int>) -> Int { 0 }
        func finishSum(_ token: Int) {}
        func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes, bytes] }
        var waiting: (count: Int, seconds: Double) { (0, 0) }
        func sum(_ values: inout [Double]) { values = zip(values, other).map { $0 + $1 } }
        func max(_ values: inout [Double]) throws(ReducerError) {
            throw ReducerError("the largest values of rows were told")
        }
    }

    /// A column that is rarely 3 and else 0, and one that is spread evenly.
    private static let rows = (0..<400).map { row -> [Float] in
        [row % 100 == 7 ? 3 : 0, Float(row % 20) + 5]
    }

    private func sums(isCentered: Bool) throws -> ColumnScaling {
        let source = SampleRows(Self.rows, classes: [Int32](repeating: 0, count: 400))
        let other = try ColumnSums(of: source.part(0..<150), hasExtremes: false) { _ in true }
        var mine = try ColumnSums(of: source.part(150..<400), hasExtremes: false) { _ in true }
        try mine.reduce(with: SumsOnly(other))
        return ColumnScaling(mine, isCentered: isCentered)
    }

    @Test("Ranks tell each other sums alone", arguments: [true, false])
    func sumsOnly(isCentered: Bool) throws {
        let source = SampleRows(Self.rows, classes: [Int32](repeating: 0, count: 400))
        let whole = ColumnScaling(
            try ColumnSums(of: source) { _ in true },
            isCentered: isCentered
        )
        let told = try sums(isCentered: isCentered)
        #expect(told.centers == whole.centers)
        // A value of a hundredth of the rows lies 9.9 deviations out by either measure, up to
        // the share that the other rows have in the fourth power; an even column never reaches.
        #expect(abs(told.factors[0] / whole.factors[0] - 1) < 0.02)
        #expect(abs(told.factors[1] / whole.factors[1] - 1) < 1e-6)
    }
}

@Suite("Curvature")
struct CurvatureTests {
    /// The largest eigenvalue of XᵀX/n, a constant column included, by many power steps.
    private func eigenvalue(of matrix: [[Double]]) -> Double {
        var direction = [Double](repeating: 1, count: matrix[0].count)
        var norm = 0.0
        for _ in 0..<200 {
            var image = [Double](repeating: 0, count: direction.count)
            for row in matrix {
                let score = zip(row, direction).reduce(0) { $0 + $1.0 * $1.1 }
                for column in row.indices { image[column] += score * row[column] }
            }
            norm = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
            direction = image.map { $0 / norm }
        }
        return norm / Double(matrix.count)
    }

    @Test(
        "The estimate lies between the largest eigenvalue and a tenth above",
        arguments: [false, true]
    )
    func estimate(isSparse: Bool) throws {
        let source = SampleRows(
            sampleMatrix(200, 8),
            isSparse: isSparse,
            reals: [Float](repeating: 0, count: 200)
        )
        let sums = try ColumnSums(of: source) { _ in true }
        let columns = ColumnScaling(sums, isCentered: true)
        let rows = ScaledRows(source, scaling: Scaling(columns: columns))
        let model = LinearModel(kind: .linear, columns: 8, classes: 2, bias: .free)
        let curvature = try Curvature.estimate(
            of: model,
            on: rows,
            rows: ArraySlice(0..<200),
            with: LoneReducer()
        )
        let scaled = source.values.map { row in
            row.indices.map { Double((row[$0] - columns.centers[$0]) * columns.factors[$0]) } + [1]
        }
        let exact = eigenvalue(of: scaled)
        #expect(curvature.full >= 0.95 * exact && curvature.full <= 1.11 * exact)
        let norms = scaled.map { row in row.reduce(0) { $0 + $1 * $1 } }
        let perRow = norms.reduce(0) { $0 + $1 * $1 } / norms.reduce(0, +)
        #expect(abs(curvature.perRow - perRow) < 1e-3 * perRow)
    }

    @Test("The rate falls with the curvature, and with the noise of small batches")
    func rates() {
        let curvature = Curvature(full: 4, perRow: 10)
        let rate = curvature.rate(batch: 100, momentum: 0.9)
        #expect(abs(rate - 1 / (4 / 2 + 10 / (100 * 0.1))) < 1e-12)
        #expect(curvature.rate(batch: 10, momentum: 0.9) < rate)
        #expect(curvature.rate(batch: 100, momentum: 0.99) < rate)
        #expect(Curvature(full: 0, perRow: 0).rate(batch: 1, momentum: 0) == 1)
    }
}
