import Domain
import Learning
import LinearAlgebra
import RowSamples
import Testing
import Training

@Suite("Training networks")
struct NetworkRunTests {
    /// Rows of four classes that no plane tells apart: the signs of two columns.
    private func quadrants(_ rows: Int, isSparse: Bool = false) -> SampleRows {
        var numbers = NormalNumbers(seed: 11)
        let values = (0..<rows).map { _ in (0..<3).map { _ in numbers.next() } }
        let classes = values.map { Int32(($0[0] > 0) == ($0[1] > 0) ? 1 : 0) }
        return SampleRows(values, isSparse: isSparse, classes: classes)
    }

    private func run(_ text: String, _ rows: SampleRows, epochs: Int = 40) throws -> TrialRun {
        var run = TrialRun(.sgd, rows.overThreeRanks)
        run.spec.network = try NetworkSpec(text)
        run.spec.model = .mlp
        run.spec.epochs = epochs
        return run
    }

    @Test("What no plane tells apart is learned with nothing said but the layers")
    func learns() throws {
        let plain = try TrialRun(.sgd, quadrants(200).overThreeRanks).run()[0].result
        #expect((plain.metrics[0].accuracy ?? 1) < 0.65)
        for isSparse in [false, true] {
            let records = try run("mlp:16", quadrants(300, isSparse: isSparse)).run()
            #expect(records[0].result.outcome == .limitReached)
            #expect((records[0].result.metrics[0].accuracy ?? 0) > 0.93)
            let line = records[0].lines[0]
            #expect(line.hasPrefix("model mlp:16 (2 classes) · batch 16 · rate 0.05"))
        }
    }

    @Test("Every optimizer and schedule comes to the same end", arguments: OptimizerKind.allCases)
    func optimizers(kind: OptimizerKind) throws {
        var run = try run("mlp:16,tanh", quadrants(300), epochs: 40)
        run.spec.optimizer.kind = kind
        run.spec.optimizer.warmupEpochs = 2
        run.spec.optimizer.isAveraged = true
        let place = OptimizerKind.allCases.firstIndex(of: kind) ?? 0
        // So few steps need longer ones than are usual.
        run.spec.learningRate = [nil, 0.02, 0.02, 0.2, nil, nil][place]
        run.spec.schedule = Schedule.allCases[place % Schedule.allCases.count]
        let result = try run.run()[0].result
        #expect((result.metrics[0].accuracy ?? 0) > 0.9, "\(result.rule)")
    }

    @Test("Real labels are predicted in their own unit")
    func regression() throws {
        let rows = plane(rows: 200, columns: 4, noise: 0.5)
        let record = try run("mlp:24", rows).run()[0]
        // Noise of 0.5 in a label that deviates by √30: R² cannot exceed 0.992.
        #expect((record.result.metrics[0].r2 ?? 0) > 0.97)
        #expect(abs((record.result.metrics[0].rmse ?? 0)) < 1)
    }

    @Test("A small convolution tells where a stroke runs")
    func images() throws {
        var numbers = NormalNumbers(seed: 5)
        let labels = (0..<400).map { Int32($0 % 2) }
        let values = labels.enumerated().map { row, label in
            (0..<36).map { pixel in
                let place = label == 0 ? pixel / 6 : pixel % 6
                return (place == row / 2 % 6 ? 1 : 0) + 0.2 * numbers.next()
            }
        }
        var run = try run("cnn:4c3,p2,8", SampleRows(values, classes: labels), epochs: 20)
        run.spec.model = .cnn
        run.imageShape = [6, 6]
        let record = try run.run()[0]
        #expect((record.result.metrics[0].accuracy ?? 0) > 0.97)
    }

    @Test(
        "A run that goes on from any checkpoint ends at the same bits",
        arguments: [OptimizerKind.sgd, .adamw, .lamb],
        [1, 4]
    )
    func resumes(kind: OptimizerKind, syncEvery: Int) throws {
        var run = try run("mlp:8,d0.25,6", quadrants(90), epochs: 3)
        run.spec.optimizer.kind = kind
        run.spec.optimizer.syncEvery = syncEvery
        run.spec.optimizer.isAveraged = true
        run.spec.checkpointEvery = 3
        let whole = try run.run()
        #expect(Set(whole.map(\.parameters)).count == 1, "all ranks end alike")
        let checkpoints = whole[0].checkpoints
        #expect(checkpoints.count >= 3)
        let kept = checkpoints.map(\.parameters)
        #expect(whole.allSatisfy { $0.checkpoints.map(\.parameters) == kept })
        for checkpoint in checkpoints {
            run.checkpoint = try TrainingCheckpoint(bytes: checkpoint.bytes)
            #expect(try run.run()[0].parameters == whole[0].parameters)
        }
    }

    @Test("Ranks that sum every gradient walk the path of one rank with all rows")
    func onePath() throws {
        // In one step an epoch over all rows the order of the rows is nothing but rounding.
        let rows = quadrants(60)
        var run = try run("mlp:8", rows, epochs: 5)
        run.spec.batch = 60
        let three = try run.run()[0].parameters
        run.parts = [rows]
        let one = try run.run()[0].parameters
        for (left, right) in zip(three, one) { #expect(abs(left - right) < 1e-4) }
    }

    @Test("A mean gradient that is too long is shortened, one that is not is left")
    func clipping() throws {
        var run = try run("mlp:8", quadrants(60), epochs: 2)
        let free = try run.run()[0].parameters
        run.spec.optimizer.clipNorm = 1000
        #expect(try run.run()[0].parameters == free)
        run.spec.optimizer.clipNorm = 0.01
        run.spec.momentum = 0
        run.spec.epochs = 1
        run.spec.schedule = .constant
        run.spec.learningRate = 1
        let steps = try run.run()
        let clipped = steps[0].parameters.suffix(41)
        let network = try #require(steps[0].shape.flatMap { Network($0) })
        let start = network.makeParameters(seed: 0).array
        let moved = zip(clipped, start).reduce(Float(0)) {
            $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
        #expect(moved.squareRoot() <= 0.01 * Float(steps[0].result.steps) * 1.001)
        #expect(moved > 0)
    }

    @Test("A rate that is far too large ends as diverged, with rank, layer and a lower rate")
    func diverges() throws {
        var run = try run("mlp:8,8", quadrants(90))
        run.spec.learningRate = 1e30
        let result = try run.run()[0].result
        #expect(result.outcome == .diverged)
        #expect(result.cause?.rank != nil)
        #expect(result.cause?.reason.contains("layer ") == true, "\(result.rule)")
        #expect(result.cause?.reason.contains("--lr 1.0e29") == true, "\(result.rule)")
    }
}
