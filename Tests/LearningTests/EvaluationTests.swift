import Domain
import Glibc
import Learning
import LinearAlgebra
import RowSamples
import Testing

@Suite("Measures of a model")
struct EvaluationTests {
    private let logistic = shape(.logistic, columns: 1, classes: 2)

    /// One column holds the score itself.
    private func sums(_ scores: [Float], _ classes: [Int32]) throws -> EvaluationSums {
        let source = SampleRows(scores.map { [$0] }, classes: classes)
        let scorer = makeScorer(logistic, words: [1])
        var sums = EvaluationSums(classes: 2)
        try source.withRows(0..<scores.count) { sums.add($0, by: scorer) }
        return sums
    }

    @Test("Two classes: the positive one is the second")
    func binary() throws {
        // Called 1: rows 0, 1, 2; truly 1: rows 0, 1, 3.
        let metrics = try sums([2, 1, 3, -1, -2, -3], [1, 1, 0, 1, 0, 0])
            .metrics(on: "validation", by: logistic)
        #expect(metrics.on == "validation")
        #expect(metrics.rows == 6)
        #expect(metrics.accuracy == 4.0 / 6)
        #expect(metrics.precision == 2.0 / 3)
        #expect(metrics.recall == 2.0 / 3)
        #expect(metrics.f1 == 2.0 / 3)
        #expect(metrics.balancedAccuracy == 2.0 / 3)
        let losses = [(2.0, 1.0), (1, 1), (3, 0), (-1, 1), (-2, 0), (-3, 0)]
            .map { score, label in log(1 + exp(score)) - label * score }
        let expected = losses.reduce(0, +) / 6
        #expect(abs((metrics.logLoss ?? 0) - expected) < 1e-9)
        #expect(metrics.rmse == nil)
    }

    @Test("Three classes: the mean over the classes")
    func several() throws {
        let rows: [[Float]] = [
            [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0],
        ]
        let source = SampleRows(rows, classes: [0, 1, 1, 2, 2, 2])
        let softmax = shape(.softmax, columns: 3, classes: 3)
        let scorer = makeScorer(softmax, words: [1, 0, 0, 0, 1, 0, 0, 0, 1])
        var sums = EvaluationSums(classes: 3)
        try source.withRows(0..<6) { sums.add($0, by: scorer) }
        #expect(sums.confusion == [1, 0, 0, 1, 1, 0, 0, 1, 2])
        let metrics = sums.metrics(on: "x", by: softmax)
        #expect(metrics.accuracy == 4.0 / 6)
        let recalls = [1, 0.5, 2.0 / 3]
        let precisions = [0.5, 0.5, 1]
        #expect(abs((metrics.recall ?? 0) - recalls.reduce(0, +) / 3) < 1e-12)
        #expect(metrics.balancedAccuracy == metrics.recall)
        #expect(abs((metrics.precision ?? 0) - precisions.reduce(0, +) / 3) < 1e-12)
        let harmonic = zip(recalls, precisions).map { 2 * $0 * $1 / ($0 + $1) }
        #expect(abs((metrics.f1 ?? 0) - harmonic.reduce(0, +) / 3) < 1e-12)
    }

    @Test("Means are over the classes that rows have or are called, as in scikit-learn")
    func absent() throws {
        // Truth 0 0 2 2 of five classes, called 0 1 2 2: classes 3 and 4 do not occur.
        let rows: [[Float]] = [
            [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0],
        ]
        let source = SampleRows(rows, classes: [0, 0, 2, 2])
        let softmax = shape(.softmax, columns: 5, classes: 5)
        let identity = (0..<25).map { $0 % 6 == 0 ? Float(1) : 0 }
        var sums = EvaluationSums(classes: 5)
        try source.withRows(0..<4) { sums.add($0, by: makeScorer(softmax, words: identity)) }
        let metrics = sums.metrics(on: "x", by: softmax)
        // precision_score, recall_score and f1_score with average="macro", zero_division=0.
        #expect(abs((metrics.precision ?? 0) - (1 + 0 + 1) / 3.0) < 1e-12)
        #expect(abs((metrics.recall ?? 0) - (0.5 + 0 + 1) / 3) < 1e-12)
        #expect(abs((metrics.f1 ?? 0) - (2.0 / 3 + 0 + 1) / 3) < 1e-12)
        #expect(metrics.f1Macro == metrics.f1)
        // balanced_accuracy_score leaves out what is only called.
        #expect(metrics.balancedAccuracy == 0.75)
        #expect(metrics.perClass?.count == 5)
    }

    @Test("Real labels: root of the mean square, and the share that is explained")
    func regression() throws {
        let source = SampleRows([[1], [2], [3], [6]], reals: [1, 3, 3, 5])
        let linear = shape(.linear, columns: 1, classes: 0)
        let scorer = makeScorer(linear, words: [1])
        var sums = EvaluationSums(classes: 0)
        try source.withRows(0..<4) { sums.add($0, by: scorer) }
        let metrics = sums.metrics(on: "x", by: linear)
        #expect(metrics.rmse == (2.0 / 4).squareRoot())
        #expect(metrics.r2 == 1 - 2.0 / 8)
        #expect(metrics.accuracy == nil)
        #expect(sums.loss == 1)
    }

    @Test("Sums of parts are the sums of the whole, and survive as plain numbers")
    func additive() throws {
        let (scores, classes): ([Float], [Int32]) = ([2, 1, 3, -1, -2, -3], [1, 1, 0, 1, 0, 0])
        let whole = try sums(scores, classes)
        let first = try sums(Array(scores[..<2]), Array(classes[..<2]))
        let second = try sums(Array(scores[2...]), Array(classes[2...]))
        let added = zip(first.values, second.values).map { $0 + $1 }
        let restored = try #require(EvaluationSums(classes: 2, values: added))
        #expect(restored.confusion == whole.confusion)
        let accuracy = whole.metrics(on: "x", by: logistic).accuracy
        #expect(restored.metrics(on: "x", by: logistic).accuracy == accuracy)
        #expect(EvaluationSums(classes: 3, values: added) == nil)
    }

    @Test("No rows have no measures")
    func nothing() {
        let metrics = EvaluationSums(classes: 2).metrics(on: "x", by: logistic)
        #expect(metrics == Metrics(on: "x", rows: 0))
    }

    @Test("Probabilities of a row add up to one and agree with its class")
    func shares() {
        let softmax = makeScorer(shape(.softmax, columns: 1, classes: 3), words: [1, 1, 1])
        var scores: [Float] = [1, 3, 2]
        #expect(softmax.bestClass(scores) == 1)
        let shares = softmax.probabilities(&scores)
        #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
        #expect(shares[1] > shares[2] && shares[2] > shares[0])
        let two = makeScorer(logistic, words: [1])
        var score: [Float] = [-200]
        #expect(two.probabilities(&score) == [1, 0])
        #expect(two.bestClass([-200]) == 0)
    }

    @Test("A threshold moves the border between two classes")
    func threshold() {
        var moved = logistic
        moved.threshold = 0.5
        #expect(makeScorer(logistic, words: [1]).bestClass([0.25]) == 1)
        #expect(makeScorer(moved, words: [1]).bestClass([0.25]) == 0)
    }

    @Test("Raw rows are scaled on the way where the model says so", arguments: [false, true])
    func scaled(isSparse: Bool) throws {
        let rows = SampleRows([[0, 4], [2, 0]], isSparse: isSparse, classes: [0, 1])
        var shape = shape(.logistic, columns: 2, classes: 2)
        shape.isScaled = true
        // Sparse rows are never centred.
        let centers: [Float] = isSparse ? [0, 0] : [1, 2]
        let scorer = makeScorer(shape, words: centers + [0.5, 0.25] + [3, 5])
        var scores: [Float] = [0, 0]
        try rows.withRows(0..<2) { scorer.writeScores(of: $0, to: &scores) }
        #expect(scores == (isSparse ? [5, 3] : [1, -1]))
    }
}

private func shape(_ kind: ModelKind, columns: Int, classes: Int) -> ModelShape {
    ModelShape(kind: kind, columns: columns, classes: classes, bias: .none, biasScale: 1)
}
