import Datasets
import Domain
import Testing

@Suite("What the parts of a dataset agree on")
struct DataSchemaTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let first =
        "size,colour,y\n1,red,no\n2,blue,yes\n3,red,yes\n4,red,no\n"
    private static let second =
        "size,colour,y\n9,green,maybe\n8,blue,no\n7,amber,maybe\n"

    private func schema(_ text: String, _ options: ImportOptions = .init()) throws -> DataSchema {
        let report = try folder.read(text, options).report
        return DataSchema(mapping: report.mapping, labels: report.labels ?? .real)
    }

    @Test("The union has the categories and classes of both, in the usual order")
    func union() throws {
        let united = try schema(Self.first).united(with: schema(Self.second))
        #expect(united.mapping.columns?[1].categories == ["amber", "blue", "green", "red"])
        #expect(united.mapping.count == 5)
        #expect(united.labels == .classes(["maybe", "no", "yes"]))
        #expect(try schema(Self.second).united(with: schema(Self.first)) == united)
        #expect(try united.united(with: schema(Self.first)) == united)
        let places = try schema(Self.first).places(in: united)
        #expect(places.columns == [0, 2, 4])
        #expect(places.classes == [1, 2])
    }

    @Test("Numbers are one class however they are written, and are ordered by value")
    func classes() throws {
        #expect(orderedClasses(["10", "9", "-1"]) == ["-1", "9", "10"])
        #expect(orderedClasses(["b", "10", "a"]) == ["10", "a", "b"])
        let united = try schema("+1 1:2\n-1 2:1\n").united(with: schema("1 1:2\n3 7:1\n"))
        #expect(united.labels == .classes(["-1", "+1", "3"]))
        #expect(united.mapping.count == 7)
    }

    @Test(
        "What no schema holds is refused, and says why",
        arguments: [
            ("size,shape,y\n1,red,no\n2,blue,yes\n", "no column 'colour'"),
            ("size,colour,y\n1,2,no\n2,3,yes\n", "'colour' is text in one"),
            ("size,y\n1,no\n2,yes\n", "one has 2 columns, the other 1"),
            ("0 1:1\n1 2:1\n", "one of them is a table"),
            ("size,colour,y\n1,red,0.5\n2,blue,1.5\n", "one of them has classes"),
        ]
    )
    func refused(text: String, reason: String) throws {
        let (one, other) = (try schema(Self.first), try schema(text))
        let error = try refusal { _ = try one.united(with: other) }
        #expect(error.code == .columnsDiffer)
        #expect(error.reason.contains(reason), "\(error.reason)")
        #expect(try refusal { _ = try other.places(in: one) }.code == .columnsDiffer)
    }

    /// A shard of `text`, widened to `wider` and perhaps stored otherwise, as a plain table.
    private func widened(
        _ text: String,
        to wider: DataSchema,
        _ options: ImportOptions,
        layout: RowLayout? = nil
    ) throws -> PlainTable {
        let staged = try folder.read(text, options)
        let file = try folder.file()
        let shard = try staged.writeInOrder(to: file)
        let own = DataSchema(
            mapping: staged.report.mapping,
            labels: staged.report.labels ?? .real
        )
        let reader = try MappedShardReader(
            descriptor: file,
            layout: shard.layout,
            hash: shard.hash,
            classes: max(1, staged.report.classCounts.count),
            name: "part"
        )
        let target = try folder.file()
        let written = try widenShard(
            reader,
            places: try own.places(in: wider),
            columns: wider.mapping.count,
            layout: layout ?? staged.report.layout,
            to: target
        )
        #expect(written.layout.rowLayout == layout ?? staged.report.layout)
        var classes = 1
        if case .classes(let names) = wider.labels { classes = names.count }
        return try PlainTable(target, written, classes: classes)
    }

    @Test(
        "A widened part is what reading the rows for the wider schema would have made",
        arguments: [
            (first, second, RowLayout.dense), (first, second, .sparse),
            ("+1 1:2 3:4\n-1 2:1\n", "2 1:2\n-1 9:1\n", .dense),
            ("+1 1:2 3:4\n-1 2:1\n", "2 1:2\n-1 9:1\n", .bytes),
            ("+1 1:2 3:4\n-1 2:1\n+1 3:3\n", "2 1:2\n-1 9:1\n", .sparse),
            ("0.5 1:2\n1.5 2:1\n", "2.5 1:2\n7.25 9:1\n", .sparse),
        ]
    )
    func widening(text: String, other: String, layout: RowLayout) throws {
        var options = ImportOptions()
        options.layout = layout
        let wider = try schema(text).united(with: schema(other))
        let made = try widened(text, to: wider, options)
        options.known = KnownColumns(mapping: wider.mapping, labels: wider.labels)
        #expect(try made == folder.table(text, options))
        #expect(made.rows[0].count == wider.mapping.count)
    }

    @Test("Bytes become floats where another part has more than bytes")
    func becomingFloats() throws {
        let text = "+1 1:2 3:255\n-1 2:1\n"
        var options = ImportOptions()
        options.layout = .bytes
        let wider = try schema(text).united(with: schema("2 1:0.5\n-1 9:1\n"))
        let made = try widened(text, to: wider, options, layout: .dense)
        options.known = KnownColumns(mapping: wider.mapping, labels: wider.labels)
        #expect(try made == folder.table(text, options))
    }

    @Test("Declared classes and columns are there although no row has them")
    func declared() throws {
        var options = ImportOptions()
        options.classes = ["3", "-1", "1"]
        options.columns = 12
        let report = try folder.read("+1 1:2\n+1 2:1\n", options).report
        #expect(report.labels == .classes(["-1", "1", "3"]))
        #expect(report.classCounts.map(\.count) == [0, 2, 0])
        #expect(report.columns == 12)
        let strange = try refusal { _ = try folder.read("+1 1:2\n2 2:1\n", options) }
        #expect(strange.code == .unknownClass)
        let beyond = try refusal { _ = try folder.read("+1 1:2\n1 13:1\n", options) }
        #expect(beyond.code == .columnsDiffer)
        #expect(beyond.reason.contains("12 columns declared"))
    }

    @Test("A part may have one class, and a mean over few of its values is refused")
    func parts() throws {
        var options = ImportOptions()
        options.allowsOneClass = true
        #expect(try folder.read("1 1:2\n1 2:1\n", options).report.labels == .classes(["1"]))
        options.missing = .mean
        options.meanRowsMin = 3
        let text = "a,b,y\n1,,x\n2,5,x\n3,,x\n"
        let error = try refusal { _ = try folder.read(text, options) }
        #expect(error.code == .missingValue)
        #expect(error.column == 2)
        options.meanRowsMin = 1
        #expect(try folder.read(text, options).report.mapping.columns?[1].fill == 5)
    }
}
