import Domain
import Learning
import LinearAlgebra
import RowSamples
import Testing

@Suite("Scales that a person asks for")
struct FeatureScaleTests {
    private static let values: [[Float]] = [
        [1, 0, 7, -4], [2, 0, 7, 0], [3, 5, 7, 2], [6, 0, 7, 0],
    ]

    private static func scaling(_ scale: FeatureScale, isSparse: Bool) throws -> ColumnScaling {
        let rows = SampleRows(values, isSparse: isSparse, reals: [0, 0, 0, 0])
        return ColumnScaling(try ColumnSums(of: rows) { _ in true }, as: scale)
    }

    private static func scaled(_ scaling: ColumnScaling, _ column: Int) -> [Float] {
        values.map { ($0[column] - scaling.centers[column]) * scaling.factors[column] }
    }

    @Test("standard: mean 0 and deviation 1", arguments: [false, true])
    func standard(isSparse: Bool) throws {
        let scaling = try Self.scaling(.standard, isSparse: isSparse)
        for column in [0, 1, 3] {
            let found = Self.scaled(scaling, column).map { Double($0) }
            // Four values of a Float's rounding.
            #expect(abs(found.reduce(0, +)) < 1e-6)
            #expect(abs(found.reduce(0) { $0 + $1 * $1 } / 4 - 1) < 1e-6)
        }
        #expect(Self.scaled(scaling, 2) == [0, 0, 0, 0], "a column that does not vary")
    }

    @Test("minmax: from 0 to 1, the zeros that sparse rows leave out counted")
    func minmax() throws {
        for isSparse in [false, true] {
            let scaling = try Self.scaling(.minmax, isSparse: isSparse)
            #expect(Self.scaled(scaling, 0) == [0, 0.2, 0.4, 1])
            #expect(Self.scaled(scaling, 1) == [0, 0, 1, 0])
            #expect(scaling.centers[3] == -4 && scaling.factors[3] == 1.0 / 6)
        }
    }

    @Test("maxabs: at most 1 in size, zero stays zero")
    func maxabs() throws {
        let scaling = try Self.scaling(.maxabs, isSparse: true)
        #expect(!scaling.isCentering)
        #expect(scaling.factors == [1.0 / 6, 0.2, 1.0 / 7, 0.25])
        #expect(try Self.scaling(.none, isSparse: false) == .none(columns: 4))
    }

    @Test("Without a free bias the search keeps the centers that were given")
    func centers() throws {
        let rows = SampleRows(Self.values, reals: [0, 0, 0, 0])
        let sums = try ColumnSums(of: rows) { _ in true }
        let given = ColumnScaling(sums, as: .minmax)
        let own = ColumnScaling(sums, isCentered: false, over: given)
        #expect(own.centers == given.centers)
        // (x − 1) is 0, 1, 2, 5: a mean square of 7.5, the reach of 5 within eight deviations.
        #expect(abs(own.factors[0] - Float(1 / 7.5.squareRoot())) < 1e-6)
        let free = ColumnScaling(sums, isCentered: true, penalty: 3, over: given)
        // A variance of 3.5, and a penalty on weights of columns a fifth as long.
        #expect(abs(free.factors[0] - Float(1 / (3.5 + 3 * 25).squareRoot())) < 1e-6)
    }

    @Test("Parameters over given columns score them as the search scores its own")
    func parameters() throws {
        let rows = SampleRows(Self.values, reals: [0, 0, 0, 0])
        let sums = try ColumnSums(of: rows) { _ in true }
        let given = ColumnScaling(sums, as: .standard)
        let scaling = Scaling(columns: ColumnScaling(sums, isCentered: false, over: given))
        let model = LinearModel(kind: .linear, columns: 4, classes: 2, bias: .feature)
        let search = Vector([0.5, -1, 2, 0.25, 3])
        let found = scaling.parameters(search, of: model, over: given)
        for row in Self.values {
            var (expected, score) = (Double(search[4]), Double(found[4]))
            for column in 0..<4 {
                let own = (row[column] - scaling.columns.centers[column])
                let theirs = (row[column] - given.centers[column])
                expected += Double(search[column] * own * scaling.columns.factors[column])
                score += Double(found[column] * theirs * given.factors[column])
            }
            #expect(abs(score - expected) < 1e-5)
        }
    }
}
