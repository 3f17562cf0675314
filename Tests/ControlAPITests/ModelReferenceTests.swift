import ControlAPI
import Domain
import Testing

@Suite("Pointing at a model")
struct ModelReferenceTests {
    private let runs = [
        record(id: "r-abcdef", name: "first", at: 1), record(id: "r-abc123", at: 2),
        record(id: "r-xyz777", name: "gone", at: 3),
    ]
    /// The last one's run was forgotten.
    private let models = [
        model("first", run: "r-abcdef", at: 1), model("r-abc123", run: "r-abc123", at: 2),
        model("kept", run: "r-lost22", at: 0),
    ]

    private func resolve(_ text: String) throws(RPCError) -> ModelManifest {
        try RunReference(text).resolve(among: models, runs: runs, uid: 1000)
    }

    @Test(
        "Its name, the id of its run, a unique beginning with or without r-, the run's name",
        arguments: [
            ("first", "r-abcdef"), ("r-abcdef", "r-abcdef"), ("r-abcd", "r-abcdef"),
            ("abcd", "r-abcdef"), ("abc1", "r-abc123"), ("kept", "r-lost22"), ("lo", "r-lost22"),
            ("r-lost", "r-lost22"),
        ]
    )
    func found(text: String, run: String) throws {
        #expect(try resolve(text).run.text == run)
    }

    @Test(
        "Who means a run without a model is told so",
        arguments: ["gone", "r-xyz777", "xyz", "@last"]
    )
    func without(text: String) {
        #expect {
            try resolve(text)
        } throws: {
            let error = $0 as? RPCError
            return error?.code == .notFound && error?.message.hasPrefix("run r-xyz777") == true
        }
    }

    @Test("A run that goes on has no model yet")
    func notYet() {
        var run = record(id: "r-going1", at: 9)
        run.status = .running
        let early = #expect(throws: RPCError.self) {
            try RunReference("r-going1").resolve(among: models, runs: [run], uid: 1000)
        }
        #expect(early?.message == "run r-going1 has no model yet: it is running")
        run.status = .ended
        let late = #expect(throws: RPCError.self) {
            try RunReference("r-going1").resolve(among: models, runs: [run], uid: 1000)
        }
        #expect(late?.message.contains("it left none") == true)
    }

    @Test("What fits several or nothing is said")
    func others() {
        let several = #expect(throws: RPCError.self) { try resolve("abc") }
        #expect(several?.code == .badUsage)
        #expect(several?.message.hasSuffix("2 models: r-abc123, r-abcdef") == true)
        let nothing = #expect(throws: RPCError.self) { try resolve("nothing") }
        #expect(nothing?.message == "no model is called 'nothing'")
    }
}

private func model(_ name: String, run: String, at seconds: Double) -> ModelManifest {
    ModelManifest(
        tenant: .default,
        name: ModelName(checked: name),
        run: RunID(checked: run),
        generation: Generation(1),
        shape: ModelShape(kind: .softmax, columns: 4, classes: 2, bias: .free, biasScale: 1),
        algorithm: .sgd,
        dataset: DatasetName(checked: "digits"),
        datasetVersion: hash(),
        mapping: ColumnMapping(columns: nil, count: 4),
        labels: .classes(["no", "yes"]),
        hash: hash(9),
        bytes: 168,
        metrics: [],
        madeAt: seconds
    )
}
