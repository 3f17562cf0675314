import Datasets
import Domain
import Testing

@Suite("What an import counts")
struct StatisticsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("Non-zeros, classes, constant columns, equal rows and rows of zeros")
    func counts() throws {
        let report = try folder.read("1 1:1 3:2\n2 1:1 2:5\n1 1:1 3:2\n2 4:0\n").report
        #expect(report.nonzeros == 6)
        #expect(report.classCounts == [.init(label: "1", count: 2), .init(label: "2", count: 2)])
        #expect(report.constantColumns == [3])
        #expect(report.duplicateRows == 1)
        #expect(report.zeroRows == 1)
        #expect(report.warnings.contains("1 rows are the same as an earlier one"))
    }

    @Test("A column is constant if all rows have its value, or none has any")
    func constant() throws {
        let report = try folder.read("a,b,c,y\n1,7,0,0\n2,7,0,1\n").report
        #expect(report.constantColumns == [1, 2])
    }

    @Test("Of many empty columns the first are named and all are counted")
    func empty() throws {
        let report = try folder.read("1 1:1 300000:1\n2 1:2\n").report
        #expect(report.constantColumns.count == 100_000)
        #expect(report.warnings.contains("299998 of 300000 columns hold one value only"))
    }

    @Test("Counts agree with a naive count on random rows", arguments: 0..<5)
    func random(seed: Int) throws {
        var random = TestRandom(UInt64(seed) + 40)
        var seen: Set<String> = []
        var duplicates = 0
        var nonzeros = 0
        var text = ""
        for row in 0..<500 {
            let values = (0..<3).map { _ in Int.random(in: 0...3, using: &random) }
            let line =
                "\(row < 2 ? row : Int.random(in: 0...1, using: &random)),\(values[0])"
                + ",\(values[1]),\(values[2])"
            if !seen.insert(line).inserted { duplicates += 1 }
            nonzeros += values.count { $0 != 0 }
            text += line + "\n"
        }
        var options = ImportOptions()
        options.label = "1"
        let report = try folder.read(text, options).report
        #expect(report.duplicateRows == duplicates)
        #expect(report.nonzeros == nonzeros)
    }
}
