import Domain
import Testing

@testable import ModelFormats

@Suite("Models as ONNX")
struct ONNXTests {
    /// Floats against doubles: a thousand additions of numbers near 1.
    private static let tolerance = 1e-4

    @Test(
        "The graph computes the model's scores and calls its classes",
        arguments: SampleModel.allCases
    )
    func computes(sample: SampleModel) throws {
        let model = try sample.contents()
        let graph = try #require(NaiveGraph(try ONNXModel.write(model).bytes))
        for row in SampleModel.rows(model.shape.columns) {
            let values = graph.values(of: row)
            let scores = try naiveScores(model, row)
            let found = try #require(values["scores"]?.values)
            #expect(found.count == scores.count)
            for (left, right) in zip(found, scores) {
                #expect(abs(left - right) < Self.tolerance * max(1, abs(right)))
            }
            guard model.shape.classes > 0 else { continue }
            #expect(values["index"]?.values == [Double(naiveClass(model, scores))])
            if let shares = values["probabilities"]?.values {
                #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
                if model.shape.threshold == nil {
                    #expect(shares.firstIndex(of: shares.max() ?? 0) == naiveClass(model, scores))
                }
            }
        }
    }

    @Test("Every kernel is computed", arguments: KernelKind.allCases, [SampleModel.pairs, .rest])
    func kernels(kind: KernelKind, sample: SampleModel) throws {
        let model = try sample.contents(kernel: kind)
        let graph = try #require(NaiveGraph(try ONNXModel.write(model).bytes))
        for row in SampleModel.rows(model.shape.columns) {
            let scores = try naiveScores(model, row)
            let found = try #require(graph.values(of: row)["scores"]?.values)
            for (left, right) in zip(found, scores) {
                #expect(abs(left - right) < Self.tolerance * max(1, abs(right)))
            }
        }
    }

    @Test("The file says its versions, classes, facts and what goes in and out")
    func says() throws {
        let model = try SampleModel.softmax.contents()
        let graph = try #require(NaiveGraph(try ONNXModel.write(model).bytes))
        #expect(graph.model.numbers(1) == [14])
        #expect(graph.model.messages(8).first?.numbers(2) == [28])
        #expect(graph.classes == model.classes)
        let fact = try #require(graph.model.messages(14).first)
        #expect(fact.texts(1) == ["kind"] && fact.texts(2) == ["softmax"])
        let body = try #require(graph.model.messages(7).first)
        #expect(body.messages(11).map { $0.texts(1) } == [["features"]])
        let outputs = body.messages(12).flatMap { $0.texts(1) }
        #expect(outputs == ["scores", "probabilities", "index", "label"])
    }

    @Test("Probabilities of more than two classes by pairs are left out, and that is said")
    func coupling() throws {
        let pairs = try SampleModel.pairs.contents()
        var shape = pairs.shape
        shape.kernel?.hasProbabilities = true
        let model = ModelContents(
            shape: shape,
            words: pairs.words + [Float](repeating: 1, count: 12),
            classes: pairs.classes,
            facts: []
        )
        #expect(try ONNXModel.write(model).remarks.first?.contains("probabilities") == true)
        #expect(try ONNXModel.write(SampleModel.pairOfTwo.contents()).remarks.isEmpty)
    }
}
