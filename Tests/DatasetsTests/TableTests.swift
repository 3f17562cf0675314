import Datasets
import Domain
import Testing

@Suite("Tables of commas and tabs")
struct TableTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("A header, numbers and a label at the end")
    func plain() throws {
        let staged = try folder.read("a,b,target\n1,2,x\n3,-4.5,y\n")
        #expect(staged.report.labels == .classes(["x", "y"]))
        #expect(staged.report.mapping.columns?.map(\.name) == ["a", "b"])
        #expect(staged.report.mapping.label == "target")
        #expect(
            try folder.table(of: staged)
                == PlainTable(rows: [[1, 2], [3, -4.5]], classes: [0, 1])
        )
    }

    @Test(
        "The header is found, or its absence",
        arguments: [
            ("a,b,y\n1,2,0\n3,4,1\n", 2), ("1,2,0\n3,4,1\n", 2), ("1,x,0\n3,y,1\n", 2),
            ("k,l\nx,u\ny,v\nx,v\n", 3), ("x,u\ny,v\nx,v\ny,u\n", 4),
            ("0,1,target\n1,2,0\n1,3,1\n", 2),
        ]
    )
    func header(text: String, rows: Int) throws {
        #expect(try folder.read(text).report.rows == rows)
    }

    @Test("Said beats found")
    func saidHeader() throws {
        var options = ImportOptions()
        options.header = false
        #expect(try folder.read("a,k\nb,l\na,l\n", options).report.rows == 3)
    }

    @Test("RFC 4180: quotes, doubled quotes, separators and line ends inside of quotes")
    func quotes() throws {
        let text =
            "t,n,label\r\n\"a,b\",\"1\",x\r\n\"say \"\"hi\"\"\",2,y\r\n\"two\nlines\", 3 ,x\r\n"
        let staged = try folder.read(text)
        #expect(
            staged.report.mapping.columns?.first?.categories == ["a,b", "say \"hi\"", "two\nlines"]
        )
        #expect(
            try folder.table(of: staged).rows == [[1, 0, 0, 1], [0, 1, 0, 2], [0, 0, 1, 3]]
        )
    }

    @Test("U+2028, U+2029 and NEL are data, not line ends")
    func separators() throws {
        let staged = try folder.read("t,label\na\u{2028}b,0\nc\u{2029}\u{85},1\n")
        #expect(staged.report.rows == 2)
    }

    @Test("Categories stand in the order of their bytes; é is not e with an accent")
    func categories() throws {
        let staged = try folder.read("t,n,label\né,1,0\nz,1,1\ne\u{301},1,0\nZ,1,1\n")
        let categories = staged.report.mapping.columns?.first?.categories
        #expect(
            categories?.map { Array($0.utf8) }
                == ["Z", "e\u{301}", "z", "é"].map { Array($0.utf8) }
        )
    }

    @Test(
        "The label column is the one that was named",
        arguments: [("k", 0), ("1", 0), ("-1", 2), ("3", 2), ("m", 1)]
    )
    func label(name: String, index: Int) throws {
        var options = ImportOptions()
        options.label = name
        let staged = try folder.read("k,m,z\n0,1,1\n1,0,0\n", options)
        #expect(staged.report.mapping.label == ["k", "m", "z"][index])
    }

    @Test("Without a name the usual names, then the last column")
    func unnamedLabel() throws {
        #expect(try folder.read("Class,b\n0,1\n1,0\n").report.mapping.label == "Class")
        #expect(try folder.read("k,b\n0,1\n1,0\n").report.mapping.label == "b")
    }

    @Test("Numbered classes in front of real numbers are the label, as LightGBM writes them")
    func labelFirst() throws {
        let staged = try folder.read("1\t0.5\t0.25\n0\t0.75\t1.5\n1\t0.1\t0.2\n")
        #expect(staged.report.format == "tsv")
        #expect(staged.report.labels == .classes(["0", "1"]))
        #expect(staged.report.warnings.contains { $0.contains("--label -1") })
    }

    @Test("Columns are left out by name or number, or chosen")
    func columns() throws {
        var drop = ImportOptions()
        drop.drop = ["b", "-2"]
        let text = "a,b,c,label\n1,2,3,0\n4,5,6,1\n"
        let dropped = try folder.read(text, drop)
        #expect(dropped.report.mapping.columns?.map(\.name) == ["a"])
        #expect(dropped.report.mapping.dropped == ["b", "c"])
        var only = ImportOptions()
        only.only = ["c"]
        #expect(try folder.table(text, only).rows == [[3], [6]])
    }

    @Test("Missing values get the mean or zero, and are told; a missing text is no category")
    func missing() throws {
        let text = "n,t,label\n1,a,0\n?,b,1\n3, ,1\nNA,a,0\n"
        var options = ImportOptions()
        options.missing = .mean
        let staged = try folder.read(text, options)
        #expect(
            try folder.table(of: staged).rows == [[1, 1, 0], [2, 0, 1], [3, 0, 0], [2, 1, 0]]
        )
        #expect(staged.report.mapping.columns?.map(\.fill) == [2, 0])
        #expect(staged.report.warnings.contains("'n': 2 missing values became 2.0"))
        options.missing = .zero
        #expect(try folder.table(text, options).rows[1] == [0, 0, 1])
    }

    @Test("C4.5's forms are read: blanks after commas, a first line of remark, full stops")
    func c45() throws {
        let staged = try folder.read("|1x3 Cross validator\n1, a, <=50K.\n2, b, >50K.\n")
        #expect(staged.report.labels == .classes(["<=50K", ">50K"]))
        #expect(try folder.table(of: staged).rows == [[1, 1, 0], [2, 0, 1]])
    }

    @Test("A byte order mark is stripped once")
    func mark() throws {
        let staged = try folder.read("\u{FEFF}a,label\n1,0\n2,1\n")
        #expect(staged.report.mapping.columns?.map(\.name) == ["a"])
    }

    @Test("Semicolons separate where the first line has no comma")
    func semicolons() throws {
        #expect(try folder.table("a;label\n1.5;0\n2;1\n").rows == [[1.5], [2]])
    }

    @Test("Further files may repeat the header or not")
    func several() throws {
        let first = Array("a,label\n1,0\n".utf8)
        let headed = try folder.read([first, Array("a,label\n2,1\n".utf8)])
        #expect(headed.report.rows == 2)
        #expect(try folder.read([first, Array("2,1\n".utf8)]).report.rows == 2)
    }

    @Test("Whole numbers are classes while they are few; others are real")
    func labels() throws {
        let few = (0..<40).map { "\($0),\($0 % 3)" }.joined(separator: "\n")
        #expect(try folder.read("a,y\n" + few).report.labels == .classes(["0", "1", "2"]))
        let many = (0..<40).map { "\($0),\($0 * 3)" }.joined(separator: "\n")
        #expect(try folder.read("a,y\n" + many).report.labels == .real)
        #expect(try folder.read("a,y\n1,0.5\n2,1\n").report.labels == .real)
        #expect(try folder.read("a,y\n1,1\n2,2\n3,1.0\n").report.labels == .classes(["1", "2"]))
    }

    @Test("A random table is read as a naive reader reads it", arguments: 0..<20)
    func random(seed: Int) throws {
        var random = TestRandom(UInt64(seed) + 100)
        var text = "a,b,c,label\n"
        var rows: [[Float]] = []
        var labels: [Int32] = []
        for row in 0..<400 {
            let values = (0..<3).map { _ in Float.random(in: -1e6...1e6, using: &random) }
            let label = row < 2 ? row : Int.random(in: 0...1, using: &random)
            let fields = values.map { Bool.random(using: &random) ? "\($0)" : " \"\($0)\" " }
            text += fields.joined(separator: ",") + ",\(label)" + (row % 2 == 0 ? "\r\n" : "\n")
            rows.append(values)
            labels.append(Int32(label))
        }
        #expect(try folder.table(text) == PlainTable(rows: rows, classes: labels))
    }

    @Test("Records that cross the reader's blocks stay whole")
    func longFile() throws {
        let filler = String(repeating: "x\n", count: 40_000)
        var text = "t,n,label\n"
        for row in 0..<30 { text += "\"\(filler)\(row % 3)\",\(row),\(row % 2)\n" }
        let staged = try folder.read(text)
        #expect(staged.report.rows == 30)
        #expect(try folder.table(of: staged).rows.map { $0[3] } == (0..<30).map(Float.init))
    }
}
