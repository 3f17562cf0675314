import Domain
import Learning
import LinearAlgebra
import RowSamples
import Testing
import Training
import Wire

@Suite("What crosses the seam, and what lies in a checkpoint")
struct CodingTests {
    private var spec: RunSpec {
        var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "unnamed"))
        spec.model = .softmax
        spec.bias = .feature
        spec.biasScale = 2
        spec.l2 = 0.5
        spec.learningRate = 0.25
        spec.schedule = .constant
        spec.momentum = 0.75
        spec.weightDecay = 0.125
        spec.batch = 64
        spec.epochs = 3
        spec.steps = 100
        spec.maxTimeSeconds = 60
        spec.tolerance = 1e-4
        spec.validationSplit = 0.1
        spec.checkpointEvery = 10
        spec.seed = .max
        return spec
    }

    private var job: TrainingJob {
        TrainingJob(
            task: TrainingTask(spec: spec, classes: 3, columns: 20, isSparse: true),
            rank: 1,
            worldSize: 3,
            shards: [ShardInput(layout: [1, 2], pages: [3], name: "shard 0 of x")],
            validation: [],
            isValidated: true,
            checkpoint: [9, 9]
        )
    }

    private var checkpoint: TrainingCheckpoint {
        var checkpoint = TrainingCheckpoint()
        checkpoint.epoch = 3
        checkpoint.stepInEpoch = 2
        checkpoint.step = 17
        checkpoint.epochLoss = 0.5
        checkpoint.batch = 64
        checkpoint.keptBytes = 1 << 20
        checkpoint.rate = 0.25
        checkpoint.firstRate = 2.5
        checkpoint.centers = [1, 2]
        checkpoint.factors = [3, 4]
        checkpoint.labelCenter = 1000
        checkpoint.labelFactor = 0.125
        checkpoint.parameters = [5, 6, 7]
        checkpoint.velocity = [8, 9, 10]
        checkpoint.average = [11, 12, 13]
        checkpoint.averagedSteps = 4
        checkpoint.plateau = [1, 2, 3, 4]
        checkpoint.choices = "model linear"
        checkpoint.givenCenters = [14, 15]
        checkpoint.givenFactors = [16, 17]
        checkpoint.best = [18, 19, 20]
        checkpoint.bestFigure = 0.75
        checkpoint.bestEpoch = 2
        checkpoint.bestWaited = 1
        checkpoint.validationFigure = 0.5
        return checkpoint
    }

    @Test("Jobs come out as they went in")
    func jobs() throws {
        #expect(try TrainingJob(payload: job.payload) == job)
        var bare = job
        bare.task.spec = RunSpec(algorithm: .gd, dataset: DatasetName(checked: "unnamed"))
        #expect(try TrainingJob(payload: bare.payload) == bare)
    }

    @Test(
        "A model's shape and its words fit together",
        arguments: [ModelKind.linear, .logistic, .softmax, .svm]
    )
    func models(kind: ModelKind) throws {
        let shape = ModelShape(
            kind: kind,
            columns: 4,
            classes: kind == .linear ? 0 : 2,
            bias: .free,
            biasScale: 1
        )
        let count = shape.wordCount
        var job = ModelJob(shape: shape, words: (0..<count).map { Float($0) }, shards: [])
        #expect(try ModelJob(payload: job.payload) == job)
        job.words.append(1)
        #expect(throws: WireError.self) { try ModelJob(payload: job.payload) }
    }

    @Test("A checkpoint comes out as it went in")
    func checkpoints() throws {
        #expect(try TrainingCheckpoint(bytes: checkpoint.bytes) == checkpoint)
    }

    @Test("News and reports come out as they went in")
    func news() throws {
        let point = RunProgress(
            epoch: 1.5,
            step: 7,
            loss: 0.25,
            learningRate: 0.5,
            rowsPerSecond: 100,
            seconds: 3,
            epochsMax: 9
        )
        for item in [TrainingNews.chose("model linear"), .progress(point)] {
            #expect(try TrainingNews(bytes: item.bytes) == item)
        }
        let cause = Cause(node: nil, rank: Rank(2), step: 3, reason: "non_finite")
        var result = RunResult(outcome: .diverged, rule: "exploded", cause: cause)
        var metrics = Metrics(on: "validation", rows: 5)
        metrics.accuracy = 0.5
        result.metrics = [metrics]
        result.loss = 1
        let shape = ModelShape(kind: .svm, columns: 3, classes: 4, bias: .free, biasScale: 1)
        let report = TrainingReport(result: result, shape: shape)
        #expect(try TrainingReport(bytes: report.bytes) == report)
    }

    @Test("A shape that makes no sense is refused before anything is counted")
    func unsound() throws {
        let huge = ModelShape(kind: .softmax, columns: .max, classes: 3, bias: .free, biasScale: 1)
        let kernel = ModelShape(kind: .kernelSVM, columns: 2, classes: 2, bias: .free, biasScale: 1)
        let single = ModelShape(kind: .svm, columns: 2, classes: 1, bias: .free, biasScale: 1)
        for shape in [huge, kernel, single] {
            let report = TrainingReport(result: RunResult(outcome: .failed, rule: ""), shape: shape)
            #expect(throws: WireError.self) { try TrainingReport(bytes: report.bytes) }
        }
    }

    @Test("Bytes that end early, or go on, are refused and never trap")
    func truncated() {
        let job = job.payload
        for length in 0..<job.count {
            #expect(throws: WireError.self) { try TrainingJob(payload: Array(job[..<length])) }
        }
        let saved = checkpoint.bytes
        for length in 0..<saved.count {
            #expect(throws: WireError.self) {
                try TrainingCheckpoint(bytes: Array(saved[..<length]))
            }
        }
        #expect(throws: WireError.self) { try TrainingCheckpoint(bytes: saved + [0]) }
        #expect(throws: WireError.self) { try TrainingNews(bytes: [7]) }
    }

    @Test("Bytes with any one changed are read or refused, and never trap")
    func hostile() {
        for original in [job.payload, checkpoint.bytes] {
            for index in original.indices {
                for value: UInt8 in [0, 0x7F, 0xFF] {
                    var bytes = original
                    bytes[index] = value
                    _ = try? TrainingJob(payload: bytes)
                    _ = try? TrainingCheckpoint(bytes: bytes)
                    _ = try? ModelJob(payload: bytes)
                    _ = try? TrainingReport(bytes: bytes)
                }
            }
        }
    }

    @Test("Predictions are those of the model, row by row, and survive as bytes")
    func predictions() throws {
        let rows = SampleRows(
            (0..<2500).map { [Float($0 % 3) - 1] },
            classes: [Int32](repeating: 1, count: 2500)
        )
        let shape = ModelShape(kind: .logistic, columns: 1, classes: 2, bias: .none, biasScale: 1)
        let scorer = makeScorer(shape, words: [2])
        var blocks: [Predictions] = []
        try predict(rows, by: scorer, isReal: false) { blocks.append($0) }
        #expect(blocks.map(\.firstRow) == [0, 1024, 2048])
        #expect(blocks.flatMap(\.values) == rows.values.map { $0[0] > 0 ? 1 : 0 })
        #expect(blocks[0].probabilities[2] == 0.5)
        #expect(blocks[0].probabilities.count == 2048)
        #expect(try Predictions(bytes: blocks[2].bytes) == blocks[2])
        let sums = try evaluate(scorer, classes: 2, on: rows)
        #expect(sums.rows == 2500)
        let positive = rows.values.count { $0[0] > 0 }
        #expect(sums.metrics(on: "x", by: shape).accuracy == Double(positive) / 2500)
    }
}
