import Datasets
import Domain
import Testing

@Suite("New data are read as the known data were")
struct KnownColumnsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func options(
        like text: String,
        _ first: ImportOptions = .init(),
        ignoringLabels: Bool = false
    ) throws -> ImportOptions {
        let report = try folder.read(text, first).report
        var options = ImportOptions()
        options.known = KnownColumns(
            mapping: report.mapping,
            labels: ignoringLabels ? nil : report.labels
        )
        return options
    }

    private static let text = "n,t,extra,label\n1,a,0,no\n3,b,0,yes\n2,b,1,no\n"

    @Test("Names are matched in any order, codes and classes are those of before")
    func byName() throws {
        let options = try options(like: Self.text)
        let staged = try folder.read("label,extra,t,n\nyes,1,b,5\n", options)
        #expect(staged.report.labels == .classes(["no", "yes"]))
        #expect(
            try folder.table(of: staged) == PlainTable(rows: [[5, 0, 1, 1]], classes: [1])
        )
    }

    @Test("Without a header places are matched")
    func byPlace() throws {
        let options = try options(like: "1,a,0\n2,b,1\n3,a,1\n")
        #expect(
            try folder.table("7,b,1\n", options) == PlainTable(rows: [[7, 0, 1]], classes: [1])
        )
    }

    @Test("Rows to predict may have a label or none")
    func predicting() throws {
        let options = try options(like: Self.text, ignoringLabels: true)
        #expect(try folder.table("n,t,extra\n5,a,1\n", options).rows == [[5, 1, 0, 1]])
        let labelled = try folder.read("n,t,extra,label\n5,a,1,?\n", options)
        #expect(labelled.report.labels == nil)
        let headerless = try self.options(
            like: "1,5,0.5\n0,6,0.25\n1,7,2.5\n",
            ignoringLabels: true
        )
        #expect(try folder.table("5,0.5\n", headerless).rows == [[5, 0.5]])
    }

    @Test("Columns that were left out may be there or not")
    func dropped() throws {
        var first = ImportOptions()
        first.drop = ["extra"]
        let options = try options(like: Self.text, first)
        #expect(try folder.table("n,t,label\n5,a,no\n", options).rows == [[5, 1, 0]])
        #expect(try folder.table("n,t,extra,label\n5,a,9,no\n", options).rows == [[5, 1, 0]])
    }

    @Test("Missing values get what they got then")
    func fills() throws {
        var first = ImportOptions()
        first.missing = .mean
        let options = try options(like: Self.text, first)
        #expect(
            try folder.table("n,t,extra,label\n?,?,?,no\n", options).rows[0][..<3] == [2, 0, 0]
        )
        let strict = try self.options(like: Self.text)
        let error = try refusal { _ = try folder.read("n,t,extra,label\n?,a,0,no\n", strict) }
        #expect(error.code == .missingValue)
    }

    @Test(
        "Other columns, categories and classes are refused by name",
        arguments: [
            ("n,t,label\n1,a,no\n", DatasetError.Code.columnsDiffer, "'extra'"),
            ("n,t,extra,more,label\n1,a,0,0,no\n", .columnsDiffer, "'more'"),
            ("n,t,extra\n1,a,0\n", .columnsDiffer, "'label'"),
            ("n,t,extra,label\n1,c,0,no\n", .unknownCategory, "'c'"),
            ("n,t,extra,label\n1,a,0,maybe\n", .unknownClass, "'maybe'"),
            ("n,t,extra,label\nx,a,0,no\n", .badNumber, "'x'"),
        ]
    )
    func refused(text: String, code: DatasetError.Code, named: String) throws {
        let options = try options(like: Self.text)
        let error = try refusal { _ = try folder.read(text, options) }
        #expect(error.code == code)
        #expect(error.reason.contains(named), "\(error)")
    }

    @Test("LIBSVM text keeps its width, base and classes")
    func libsvm() throws {
        let options = try options(like: "+1 1:1 4:1\n-1 2:1\n")
        let staged = try folder.read("-1 1:1\n1.0 2:2\n", options)
        #expect(staged.report.columns == 4)
        #expect(try folder.table(of: staged).classes == [0, 1])
        let wide = try refusal { _ = try folder.read("1 5:1\n", options) }
        #expect(wide.code == .columnsDiffer)
        #expect(wide.reason.contains("5") && wide.reason.contains("4"))
        #expect(try refusal { _ = try folder.read("2 1:1\n", options) }.code == .unknownClass)
    }

    @Test("Another format is refused")
    func formats() throws {
        let table = try options(like: Self.text)
        #expect(try refusal { _ = try folder.read("1 1:1\n", table) }.code == .columnsDiffer)
        let text = try options(like: "1 1:1\n2 1:2\n")
        #expect(try refusal { _ = try folder.read("a,label\n1,2\n", text) }.code == .columnsDiffer)
        let images = [idx([1, 1, 2], [1, 2]), idx([1], [1])]
        #expect(try refusal { _ = try folder.read(images, text) }.code == .columnsDiffer)
    }

    @Test("One class alone is no reason to refuse data to measure a model on")
    func oneClass() throws {
        let options = try options(like: Self.text)
        #expect(try folder.read("n,t,extra,label\n1,a,0,no\n", options).report.rows == 1)
    }

    @Test("Full stops behind known classes are passed over, as C4.5's test files have them")
    func fullStops() throws {
        let options = try options(like: "1,a,<=50K\n2,b,>50K\n3,a,>50K\n")
        #expect(try folder.table("|1x3 Cross validator\n1,a,>50K.\n", options).classes == [1])
    }
}
