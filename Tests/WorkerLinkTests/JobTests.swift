import Datasets
import Domain
import Foundation
import Learning
import Testing
import Training
import Wire

@testable import WorkerLink

@Suite("Jobs behind the locks, from import to prediction")
struct JobTests {
    let host = JobHost()

    /// Rows of two clouds of points and a word that helps.
    static let table: String = {
        var text = "x,y,word,class\n"
        var state: UInt64 = 1
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return Double(state >> 33) / Double(1 << 31)
        }
        for row in 0..<600 {
            let isRight = row % 2 == 0
            let x = random() + (isRight ? 0.6 : 0)
            let word = (random() < 0.8) == isRight ? "warm" : "cold"
            text += "\(x),\(random() * 100),\(word),\(isRight ? "right" : "left")\n"
        }
        return text
    }()

    @Test("An import makes the shards that it reports, and the same ones again")
    func importing() throws {
        let (outcome, shards) = try host.importShards(Self.table, count: 3)
        #expect(outcome.report.rows == 600)
        #expect(outcome.report.columns == 4)
        #expect(outcome.report.labels == .classes(["left", "right"]))
        #expect(outcome.shards.map(\.layout.rows) == [200, 200, 200])
        for (written, descriptor) in zip(outcome.shards, shards) {
            let hash = try shardHash(of: descriptor, layout: written.layout, name: "shard")
            #expect(hash == written.hash)
        }
        let again = try host.importShards(Self.table, count: 3)
        #expect(again.outcome == outcome)
    }

    @Test("A refusal comes with file and line")
    func refusal() throws {
        let text = Self.table + "1,2,warm\n"
        var failure: WorkerFailure?
        do { _ = try host.importShards(text, count: 1) } catch {
            failure = error as? WorkerFailure
        }
        let error = try #require(failure?.datasetError)
        #expect(failure?.code == error.code.rawValue)
        #expect(error.file == "rows.csv")
        #expect(error.line == 602)
        #expect(failure?.message == error.description)
    }

    /// A seat of a run on shards of the table.
    private func seat(
        _ spec: RunSpec,
        rank: Int = 0,
        of worldSize: Int = 1,
        on data: (outcome: ImportOutcome, shards: [Int32]),
        shards: [Int],
        from checkpoint: [UInt8] = []
    ) throws -> WorkerProcess {
        let task = TrainingTask(
            spec: spec,
            classes: 2,
            columns: data.outcome.report.columns,
            isSparse: data.outcome.report.layout == .sparse
        )
        let job = TrainingJob(
            task: task,
            rank: rank,
            worldSize: worldSize,
            shards: try shards.map {
                try ShardInput(data.outcome.shards[$0], in: data.shards[$0])
            },
            validation: [],
            isValidated: false,
            checkpoint: checkpoint
        )
        return try host.start(
            .train,
            job.payload,
            shards.map { data.shards[$0] },
            memoryBytes: task.sharedBytes
        )
    }

    private func spec(_ algorithm: Algorithm) -> RunSpec {
        var spec = RunSpec(algorithm: algorithm, dataset: DatasetName(checked: "table"))
        spec.epochs = 8
        spec.batch = 50
        spec.checkpointEvery = 5
        return spec
    }

    @Test(
        "A run resumed from any checkpoint ends with the same bits",
        arguments: [Algorithm.gd, .sgd]
    )
    func resume(algorithm: Algorithm) throws {
        let data = try host.importShards(Self.table, count: 1)
        let spec = spec(algorithm)
        let whole = try runToEnd([try seat(spec, on: data, shards: [0])])[0]
        #expect(whole.report.result.outcome.isSuccess)
        #expect(whole.parameters.count == 5)
        #expect(whole.news.contains { if case .chose = $0 { true } else { false } })
        try #require(!whole.checkpoints.isEmpty)
        for checkpoint in [whole.checkpoints[0], whole.checkpoints[whole.checkpoints.count / 2]] {
            let rest = try runToEnd([try seat(spec, on: data, shards: [0], from: checkpoint)])[0]
            #expect(rest.parameters.map(\.bitPattern) == whole.parameters.map(\.bitPattern))
            #expect(rest.report.result.steps == whole.report.result.steps)
        }
    }

    @Test("Two ranks, one of them with two shards, end with the same bits")
    func twoRanks() throws {
        let data = try host.importShards(Self.table, count: 3)
        let workers = [
            try seat(spec(.sgd), rank: 0, of: 2, on: data, shards: [0, 1]),
            try seat(spec(.sgd), rank: 1, of: 2, on: data, shards: [2]),
        ]
        let ends = try runToEnd(workers)
        #expect(ends[0].parameters == ends[1].parameters)
        #expect(ends[0].report.result.metrics == ends[1].report.result.metrics)
        let accuracy = try #require(ends[0].report.result.metrics.last?.accuracy)
        #expect(accuracy > 0.8)
    }

    @Test("A rank without rows takes part")
    func noRows() throws {
        let data = try host.importShards(Self.table, count: 1)
        let workers = [
            try seat(spec(.sgd), rank: 0, of: 2, on: data, shards: []),
            try seat(spec(.sgd), rank: 1, of: 2, on: data, shards: [0]),
        ]
        let ends = try runToEnd(workers)
        #expect(ends[0].parameters == ends[1].parameters)
    }

    @Test("Asked to stop, a run ends stopped, with a checkpoint")
    func stop() throws {
        let data = try host.importShards(Self.table, count: 1)
        var spec = spec(.sgd)
        spec.epochs = 1_000_000
        spec.tolerance = 0
        spec.checkpointEvery = nil
        let worker = try seat(spec, on: data, shards: [0])
        while case .progress(let bytes) = try worker.next() {
            if case .progress = try TrainingNews(bytes: bytes) { break }
        }
        try worker.requestStop()
        let end = try runToEnd([worker])[0]
        #expect(end.report.result.outcome == .stopped)
        #expect(end.checkpoints.count == 1)
    }

    @Test("A shard that was changed is found damaged")
    func damaged() throws {
        let data = try host.importShards(Self.table, count: 1)
        let place = off_t(data.outcome.shards[0].layout.fileBytes / 4)
        try #require(pwrite(data.shards[0], [UInt8](repeating: 0x55, count: 8), 8, place) == 8)
        let worker = try seat(spec(.sgd), on: data, shards: [0])
        #expect {
            _ = try runToEnd([worker])
        } throws: { error in (error as? WorkerFailure)?.code == "data_corrupt" }
    }

    @Test("A model is measured on shards and applied to a file, alike")
    func evaluateAndPredict() throws {
        let data = try host.importShards(Self.table, count: 1)
        let end = try runToEnd([try seat(spec(.sgd), on: data, shards: [0])])[0]
        let shape = ModelShape(kind: .logistic, columns: 4, classes: 2, bias: .free, biasScale: 1)
        let shard = try ShardInput(data.outcome.shards[0], in: data.shards[0])
        let measuring = ModelJob(shape: shape, words: end.parameters, shards: [shard])
        let worker = try host.start(.evaluate, measuring.payload, data.shards)
        var reader = ByteReader(try host.result(of: worker))
        let values = try reader.array("sums", limit: 100) { reader throws(WireError) in
            try reader.double("sum")
        }
        let sums = try #require(EvaluationSums(classes: 2, values: values))
        #expect(sums.rows == 600)
        let metrics = sums.metrics(on: "training", by: shape)
        #expect(metrics.accuracy == end.report.result.metrics.last?.accuracy)

        let predicting = PredictionJob(
            model: ModelJob(shape: shape, words: end.parameters, shards: []).payload,
            labels: .classes(["left", "right"]),
            mapping: data.outcome.report.mapping,
            files: ["new.csv"],
            wantsProbabilities: true
        )
        let output = try host.emptyFile()
        let predictor = try host.start(
            .predict,
            predicting.payload,
            [try host.file(Self.table), try host.emptyFile(), try host.emptyFile(), output]
        )
        let outcome = try PredictionOutcome(bytes: try host.result(of: predictor))
        #expect(outcome.rows == 600)
        let lines = try host.contents(output).split(separator: "\n")
        #expect(lines.count == 600)
        var right = 0
        for (row, line) in lines.enumerated() {
            let fields = line.split(separator: ",")
            try #require(fields.count == 3)
            if fields[0] == (row % 2 == 0 ? "right" : "left") { right += 1 }
            let chances = fields[1...].compactMap { Double($0) }
            try #require(abs(chances.reduce(0, +) - 1) < 1e-5)
        }
        #expect(Double(right) / 600 == metrics.accuracy)
    }

    @Test("A file whose columns are not the model's is refused")
    func foreignColumns() throws {
        let data = try host.importShards(Self.table, count: 1)
        let shape = ModelShape(kind: .logistic, columns: 4, classes: 2, bias: .none, biasScale: 1)
        let model = ModelJob(shape: shape, words: [0, 0, 0, 0], shards: [])
        let job = PredictionJob(
            model: model.payload,
            labels: .classes(["left", "right"]),
            mapping: data.outcome.report.mapping,
            files: ["new.csv"],
            wantsProbabilities: false
        )
        let files = [
            try host.file("x,z\n1,2\n"), try host.emptyFile(), try host.emptyFile(),
            try host.emptyFile(),
        ]
        let worker = try host.start(.predict, job.payload, files)
        #expect {
            _ = try host.result(of: worker)
        } throws: { error in
            (error as? WorkerFailure)?.datasetError?.code == .columnsDiffer
        }
    }

    @Test("A payload that means nothing is a failure, not a crash", arguments: JobKind.allCases)
    func badPayload(kind: JobKind) throws {
        let worker = try host.start(kind, [1, 2, 3], [], memoryBytes: 4096)
        #expect {
            _ = try host.result(of: worker)
        } throws: { error in (error as? WorkerFailure)?.code == "bad_job" }
    }
}
