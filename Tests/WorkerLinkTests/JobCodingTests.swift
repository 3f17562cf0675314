import Datasets
import Domain
import Testing
import Wire

@testable import WorkerLink

@Suite("Jobs as bytes")
struct JobCodingTests {
    private static let mapping = ColumnMapping(
        columns: [
            SourceColumn(name: "x", fill: 2.5),
            SourceColumn(name: "word", categories: ["cold", "wärm,", ""]),
        ],
        count: 4,
        label: "class",
        dropped: ["id"],
        indexBase: 1,
        imageShape: [28, 28],
        divisor: 255
    )

    private static let job: ImportJob = {
        var options = ImportOptions()
        options.format = .tsv
        options.label = "-1"
        options.header = false
        options.drop = ["a", "b"]
        options.only = ["c"]
        options.missing = .mean
        options.indexBase = 0
        options.known = KnownColumns(mapping: mapping, labels: .classes(["yes", "no"]))
        options.limits.rowsMax = 7
        return ImportJob(files: ["one.tsv", "-"], options: options, shards: 3, seed: .max)
    }()

    private static let outcome: ImportOutcome = {
        let report = ImportReport(
            format: "csv",
            layout: .sparse,
            rows: 5,
            columns: 4,
            nonzeros: 9,
            mapping: mapping,
            labels: .classes(["a", "b"]),
            classCounts: [ClassCount(label: "a", count: 2), ClassCount(label: "b", count: 3)],
            constantColumns: [1, 3],
            duplicateRows: 1,
            zeroRows: 2,
            remarks: ["read as csv"],
            warnings: ["2 rows have no feature"]
        )
        let shards = [2, 3].map { rows in
            let layout = ShardLayout(
                rows: rows,
                columns: 4,
                values: 4,
                rowLayout: .sparse,
                labels: .classes
            )
            let hash = ContentHash(bytes: [UInt8](repeating: UInt8(rows), count: 32))
            return WrittenShard(layout: layout, hash: hash)
        }
        return ImportOutcome(report: report, shards: shards)
    }()

    @Test("What is written is read back")
    func roundTrip() throws {
        #expect(try ImportJob(payload: Self.job.payload) == Self.job)
        let bare = ImportJob(files: [], options: ImportOptions(), shards: 0, seed: 0)
        #expect(try ImportJob(payload: bare.payload) == bare)
        #expect(try ImportOutcome(bytes: Self.outcome.bytes) == Self.outcome)
        let progress = ImportProgress(phase: .sharding, bytes: 1, bytesMax: 2, rows: 3)
        #expect(try ImportProgress(bytes: progress.encoded) == progress)
        let prediction = PredictionJob(
            model: [1, 2, 3],
            labels: .real,
            mapping: Self.mapping,
            files: ["new.csv"],
            wantsProbabilities: true
        )
        #expect(try PredictionJob(payload: prediction.payload) == prediction)
        #expect(try PredictionOutcome(bytes: PredictionOutcome(rows: 9).bytes).rows == 9)
    }

    @Test("A refusal crosses whole, and safe to show")
    func refusal() throws {
        let error = DatasetError(
            .badNumber,
            "'x\u{1B}' is no number",
            file: "a.csv",
            line: 3,
            column: 4,
            hint: "drop it"
        )
        let read = try #require(WorkerFailure(error).datasetError)
        #expect(read.description == "a.csv: line 3, column 4: 'x\u{FFFD}' is no number")
        #expect(read.code == .badNumber && read.hint == "drop it")
        #expect(WorkerFailure(code: "seam", message: "gone").datasetError == nil)
    }

    @Test("A reply that contradicts itself is refused")
    func contradictions() {
        var rows = Self.outcome
        rows.report.rows = 6
        var columns = Self.outcome
        columns.report.columns = 3
        var layout = Self.outcome
        layout.report.layout = .dense
        var constant = Self.outcome
        constant.report.constantColumns = [4]
        for bad in [rows, columns, layout, constant] {
            #expect(throws: WireError.self) { try ImportOutcome(bytes: bad.bytes) }
        }
    }

    @Test("Bytes that were tampered with never trap")
    func tampered() {
        var generator = SystemRandomNumberGenerator()
        let original = Self.outcome.bytes
        for count in 0..<original.count {
            #expect(throws: WireError.self) {
                try ImportOutcome(bytes: Array(original[..<count]))
            }
        }
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let read = try? ImportOutcome(bytes: bytes) else { continue }
            #expect(read.report.columns == read.report.mapping.count)
        }
    }
}
