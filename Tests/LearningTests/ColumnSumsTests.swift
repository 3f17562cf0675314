import Learning
import MeetingRanks
import RowSamples
import Testing

@Suite("Sums of columns")
struct ColumnSumsTests {
    /// Rows that a plain sum in Double depends on the order of.
    private static func rows(isSparse: Bool) -> SampleRows {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<210).map { row in
            (0..<5).map { column -> Float in
                let number = Float(Double(generator.next() >> 11) * 0x1p-53)
                return switch column {
                case 0: number
                case 1: (number - 0.5) * (row % 7 == 0 ? 1e7 : 1e-5)
                case 2: row % 9 == 0 ? number : 0
                case 3: 100_000 + number
                default: row % 2 == 0 ? 0 : -number
                }
            }
        }
        return SampleRows(values, isSparse: isSparse, reals: values.map { $0[0] * 3 })
    }

    @Test(
        "However rows are dealt to ranks, all sums have the same bits",
        arguments: [1, 2, 3, 7],
        [false, true]
    )
    func dealt(worldSize: Int, isSparse: Bool) throws {
        let source = Self.rows(isSparse: isSparse)
        let whole = try ColumnSums(of: source) { $0 % 5 != 0 }
        let cuts = (0...worldSize).map { source.rows * $0 * $0 / (worldSize * worldSize) }
        let parts = try RankThreads.run(worldSize) { reducer in
            let base = cuts[reducer.rank]
            let part = source.part(base..<cuts[reducer.rank + 1])
            var sums = try ColumnSums(of: part) { ($0 + base) % 5 != 0 }
            try sums.reduce(with: reducer)
            return sums
        }
        for part in parts {
            #expect(part.rows == whole.rows && part.stored == whole.stored)
            #expect(abs(part.labels - whole.labels) < 1e-12 * whole.labels)
            for column in 0..<5 {
                #expect(part.mean(column) == whole.mean(column))
                #expect(part.meanSquare(column) == whole.meanSquare(column))
                #expect(part.variance(column) == whole.variance(column))
                #expect(part.largest(column) == whole.largest(column))
                #expect(part.smallest(column) == whole.smallest(column))
            }
        }
    }

    @Test("They are those of whole numbers, exactly, where cancellation would eat all digits")
    func exact() throws {
        // Three values near 2²³ that differ by 1: a plain mean square keeps none of the variance.
        let base: Float = 8_388_600
        let rows = SampleRows([[base], [base + 1], [base + 2]], reals: [0, 0, 0])
        let sums = try ColumnSums(of: rows) { _ in true }
        #expect(sums.mean(0) == 8_388_601)
        #expect(sums.variance(0) == 2.0 / 3)
    }

    @Test("A sparse column reaches zero only where a row lacks it")
    func zeros() throws {
        let rows = SampleRows(
            [[5, 0, -2], [7, 3, -4], [6, 0, -3]],
            isSparse: true,
            reals: [0, 0, 0]
        )
        let sums = try ColumnSums(of: rows) { _ in true }
        #expect((0..<3).map { sums.smallest($0) } == [5, 0, -4])
        #expect((0..<3).map { sums.largest($0) } == [7, 3, -2])
    }
}
