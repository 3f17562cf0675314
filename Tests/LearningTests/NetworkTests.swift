import Domain
import Learning
import LinearAlgebra
import RowSamples
import Testing

/// A network with rows to try it on.
private struct Trial {
    let network: Network
    let naive: NaiveNetwork
    let rows: SampleRows
    let labels: [Float]

    init(_ text: String, classes: Int, image: [Int]? = nil, rows count: Int = 5) throws {
        let columns = image?.reduce(1, *) ?? 7
        let shape = try NetworkShape(
            NetworkSpec(text),
            columns: columns,
            image: image,
            outputs: Network.outputs(classes: classes)
        )
        network = Network(shape: shape, classes: classes)
        naive = NaiveNetwork(shape: shape, classes: classes)
        let matrix = sampleMatrix(count, columns)
        if classes == 0 {
            labels = (0..<count).map { Float($0) / 2 }
            rows = SampleRows(matrix, reals: labels)
        } else {
            labels = (0..<count).map { Float($0 % classes) }
            rows = SampleRows(matrix, isSparse: classes == 2, classes: labels.map { Int32($0) })
        }
    }

    /// Parameters none of which is zero.
    var point: Vector {
        var point = network.makeParameters(seed: 7)
        for index in 0..<point.count { point[index] += Float(index % 5) * 0.03 - 0.05 }
        return point
    }
}

@Suite("Networks")
struct NetworkTests {
    @Test(
        "Gradients are the finite differences of the naive network's loss, which they return",
        arguments: [
            ("mlp:6,4", 3, nil), ("mlp:6,tanh", 2, nil), ("mlp:5,4,gelu", 0, nil),
            ("mlp:300", 3, nil), ("cnn:3c3,p2,4", 3, [6, 5]), ("cnn:2c3,3c5,tanh", 0, [4, 4, 2]),
            ("cnn:3c1,p3,2c3,p2,gelu", 2, [7, 6]), ("cnn:2c3,d0.5,5", 3, [4, 3]),
        ] as [(String, Int, [Int]?)]
    )
    func finiteDifferences(text: String, classes: Int, image: [Int]?) throws {
        let trial = try Trial(text, classes: classes, image: image)
        let parameters = trial.point
        let point = parameters.array.map { Double($0) }
        var gradient = Vector(zeros: parameters.count + 1)
        let sum = try trial.rows.withRows(0..<trial.rows.rows) { batch in
            trial.network.addGradient(at: parameters, over: batch, into: &gradient)
        }
        let exact = trial.naive.loss(point, trial.rows.values, trial.labels)
        #expect(abs(sum - exact) < 1e-5 * exact)
        let step = Swift.max(1, point.count / 150)
        for index in stride(from: 0, to: point.count, by: step) {
            var (above, below) = (point, point)
            above[index] += 1e-6
            below[index] -= 1e-6
            let difference =
                trial.naive.loss(above, trial.rows.values, trial.labels)
                - trial.naive.loss(below, trial.rows.values, trial.labels)
            // Float sums of some hundred terms of about one.
            #expect(abs(Double(gradient[index]) - difference / 2e-6) < 3e-4, "\(index)")
        }
        #expect(gradient[parameters.count] == 0, "what lies behind stays as it was")
    }

    @Test("Scores are those of the naive network, in blocks as well as at once")
    func scores() throws {
        let trial = try Trial("cnn:8c3,p2,16c3,9", classes: 3, image: [28, 28], rows: 90)
        let parameters = trial.point
        let point = parameters.array.map { Double($0) }
        var scores = [Float](repeating: 0, count: 90 * 3)
        var shape = ModelShape(kind: .cnn, columns: 784, classes: 3, bias: .free, biasScale: 1)
        shape.network = try NetworkSpec("cnn:8c3,p2,16c3,9")
        shape.imageShape = [28, 28]
        let scorer = makeScorer(shape, words: parameters.array)
        try trial.rows.withRows(0..<90) { batch in scorer.writeScores(of: batch, to: &scores) }
        for row in [0, 40, 41, 42, 83, 89] {
            let exact = trial.naive.scores(point, trial.rows.values[row].map { Double($0) })
            for output in 0..<3 {
                #expect(abs(Double(scores[row * 3 + output]) - exact[output]) < 1e-4)
            }
        }
    }

    @Test(
        "The gradient comes in parts that follow each other from the last element to the first",
        arguments: ["mlp:200,3000,50", "mlp:6,d0.5,4"],
        [0, 1, 20]
    )
    func parts(text: String, rows: Int) throws {
        let trial = try Trial(text, classes: 3, rows: rows)
        let parameters = trial.point
        let pass = NetworkPass(trial.network)
        var gradient = Vector(zeros: parameters.count)
        var whole = Vector(zeros: parameters.count)
        var end = parameters.count
        var seen = [Float](repeating: .nan, count: parameters.count)
        try trial.rows.withRows(0..<rows) { batch in
            _ = trial.network.addGradient(at: parameters, over: batch, into: &whole)
            _ = pass.loss(at: parameters, over: batch, step: nil)
            pass.writeGradient(at: parameters, over: batch, into: &gradient) { gradient, part in
                #expect(part.upperBound == end && !part.isEmpty)
                end = part.lowerBound
                for index in part { seen[index] = gradient[index] }
            }
        }
        #expect(end == 0)
        #expect(seen == whole.array, "each part was final when it was told")
    }

    @Test("The same seed makes the same parameters, as large as their layers ask for")
    func initial() throws {
        let trial = try Trial("cnn:16c3,p2,64", classes: 10, image: [10, 10])
        let parameters = trial.network.makeParameters(seed: 3)
        #expect(parameters.array == trial.network.makeParameters(seed: 3).array)
        #expect(parameters.array != trial.network.makeParameters(seed: 4).array)
        for (stage, fan) in zip(trial.network.shape.stages, [9, 0, 400, 74]) where fan > 0 {
            let bound = (6 / Float(fan)).squareRoot()
            let weights = stage.weights.map { parameters[$0] }
            #expect(weights.allSatisfy { abs($0) <= bound })
            #expect(weights.contains { $0 > 0.9 * bound } && weights.contains { $0 < -0.9 * bound })
            #expect(stage.biases.allSatisfy { parameters[$0] == 0 })
        }
    }

    @Test("Dropout depends on run, step, rank, layer and row alone, and keeps the mean")
    func dropout() throws {
        let trial = try Trial("mlp:4000,d0.25", classes: 0, rows: 2)
        let parameters = trial.point
        let pass = NetworkPass(trial.network)
        func loss(_ run: UInt64, _ step: Int, _ rank: Int) throws -> Double {
            try trial.rows.withRows(0..<2) { batch in
                pass.loss(
                    at: parameters,
                    over: batch,
                    step: StepSeed(run: run, step: step, rank: rank)
                )
            }
        }
        let first = try loss(1, 2, 3)
        #expect(try loss(1, 2, 3) == first)
        for other in [(2, 2, 3), (1, 3, 3), (1, 2, 4)] {
            #expect(try loss(UInt64(other.0), other.1, other.2) != first)
        }
        let whole = try trial.rows.withRows(0..<2) { batch in
            pass.loss(at: parameters, over: batch, step: nil)
        }
        let mean = try (0..<200).reduce(0) { try $0 + loss(9, $1, 0) / 200 }
        // The loss is quadratic: what dropout adds is its variance, some 4 % here.
        #expect(abs(mean / whole - 1) < 0.1)
    }

    @Test("With dropout too the gradient is that of the loss that was computed")
    func dropoutGradient() throws {
        let trial = try Trial("cnn:3c3,d0.3,p2,8,d0.5,tanh", classes: 0, image: [4, 4])
        let pass = NetworkPass(trial.network)
        let step = StepSeed(run: 5, step: 6, rank: 0)
        var parameters = trial.point
        var gradient = Vector(zeros: parameters.count)
        try trial.rows.withRows(0..<5) { batch in
            _ = pass.loss(at: parameters, over: batch, step: step)
            pass.writeGradient(at: parameters, over: batch, into: &gradient) { _, _ in }
            for index in 0..<parameters.count {
                let value = parameters[index]
                parameters[index] = value + 0.01
                let above = pass.loss(at: parameters, over: batch, step: step)
                parameters[index] = value - 0.01
                let below = pass.loss(at: parameters, over: batch, step: step)
                parameters[index] = value
                // The loss in Float errs by 1e-6, its third derivative by some 1e-4 of the step.
                let error = abs(Double(gradient[index]) - (above - below) / 0.02)
                #expect(error < 2e-3 * Swift.max(1, abs(Double(gradient[index]))), "\(index)")
            }
        }
    }
}
