import Datasets
import Domain
import Testing

@Suite("LIBSVM text")
struct LIBSVMTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("Rows, comments, blank lines and both line ends are read")
    func plain() throws {
        let text = "# remark\n+1 1:0.5 3:-2 # tail\r\n\n-1 2:1e1\n  +1\t3:7  \n"
        let staged = try folder.read(text)
        #expect(staged.report.format == "libsvm")
        #expect(staged.report.labels == .classes(["-1", "+1"]))
        #expect(staged.report.mapping.indexBase == 1)
        #expect(
            try folder.table(of: staged)
                == PlainTable(rows: [[0.5, 0, -2], [0, 10, 0], [0, 0, 7]], classes: [1, 0, 1])
        )
    }

    @Test("A last line without an end counts")
    func lastLine() throws {
        #expect(try folder.table("1 1:1\n2 1:2").rows == [[1], [2]])
    }

    @Test("Base 0 is taken where it is declared")
    func baseZero() throws {
        var options = ImportOptions()
        options.indexBase = 0
        let staged = try folder.read("1 0:1\n2 1:2\n", options)
        #expect(staged.report.columns == 2)
        #expect(try folder.table(of: staged).rows == [[1, 0], [0, 2]])
    }

    @Test("Indices that do not rise are sorted, with a warning that names the line")
    func unsorted() throws {
        let staged = try folder.read("1 1:1\n2 3:3 1:1 2:2\n")
        #expect(try folder.table(of: staged).rows == [[1, 0, 0], [1, 2, 3]])
        #expect(staged.report.warnings.contains("a: indices were sorted, first in line 2"))
    }

    @Test("A stored 0 makes no entry but keeps its column")
    func zeros() throws {
        let staged = try folder.read("1 1:1 5:0\n2 1:2\n")
        #expect(staged.report.columns == 5)
        #expect(staged.report.nonzeros == 2)
    }

    @Test("Several files are one dataset")
    func several() throws {
        let staged = try folder.read([Array("1 1:1".utf8), Array("2 4:1\n".utf8)])
        #expect(staged.report.rows == 2)
        #expect(staged.report.columns == 4)
    }

    @Test("Real labels are kept as they are")
    func real() throws {
        #expect(try folder.table("0.5 1:1\n-2.25 1:2\n").reals == [0.5, -2.25])
    }

    @Test("Random files are read as a naive reader reads them", arguments: 0..<20)
    func random(seed: Int) throws {
        var random = TestRandom(UInt64(seed) + 10)
        let columns = Int.random(in: 1...40, using: &random)
        var rows: [[Float]] = []
        var labels: [Int32] = []
        var text = ""
        for row in 0..<300 {
            var values = [Float](repeating: 0, count: columns)
            let label = row < 2 ? row : Int.random(in: 0...1, using: &random)
            text += label == 1 ? "+1" : "-1"
            for column in 0..<columns where Int.random(in: 0...3, using: &random) == 0 {
                values[column] = Float.random(in: -100...100, using: &random)
                text += " \(column + 1):\(values[column])"
            }
            if row == 0 {
                values[columns - 1] = 1
                text = "-1 \(columns):1"
                for column in 0..<columns - 1 { values[column] = 0 }
            }
            text += "\n"
            rows.append(values)
            labels.append(Int32(label))
        }
        labels[0] = 0
        #expect(try folder.table(text) == PlainTable(rows: rows, classes: labels))
    }

    @Test("Full rows are stored dense, thin ones sparse")
    func layout() throws {
        #expect(try folder.read("1 1:1 2:1\n2 1:1 2:1\n").report.layout == .bytes)
        #expect(try folder.read("1 1:1 2:1\n2 1:1 2:0.5\n").report.layout == .dense)
        #expect(try folder.read("1 1:1 9:1\n2 1:1\n").report.layout == .sparse)
    }
}
