import ControlAPI
import Domain
import Testing

@testable import distmlctl

@Suite("Weights, thresholds and curves as typed and drawn")
struct WeighingTests {
    @Test("Weights of classes: the last equals sign parts label and weight")
    func weights() {
        let typed = TypedClassWeights(argument: "1=5,>=50K=0.25")
        #expect(
            typed?.weights == [
                ClassWeight(label: "1", weight: 5), ClassWeight(label: ">=50K", weight: 0.25),
            ]
        )
        for wrong in ["", "1", "=5", "1=", "1=x", "1=5,", "1=5,,0=1"] {
            #expect(TypedClassWeights(argument: wrong) == nil, "\(wrong)")
        }
    }

    @Test("A threshold: f1, or what false positives and false negatives cost")
    func threshold() {
        #expect(TypedThreshold(argument: "f1")?.rule == .f1)
        #expect(
            TypedThreshold(argument: "cost:1,12.5")?.rule
                == .cost(falsePositive: 1, falseNegative: 12.5)
        )
        for wrong in ["", "F1", "cost", "cost:1", "cost:1,2,3", "cost:a,b"] {
            #expect(TypedThreshold(argument: wrong) == nil, "\(wrong)")
        }
    }

    private func reply(_ metric: MetricName?) -> RunPlot.Reply {
        var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "d"))
        spec.metric = metric
        let id = RunID(checked: "r-aaaaaa")
        let plan = RunPlan(
            run: id,
            tenant: .default,
            generation: Generation(1),
            coordinator: NodeID(checked: "a"),
            seats: [],
            dataset: ContentHash(bytes: [UInt8](repeating: 1, count: 32))
        )
        let record = RunRecord(
            id: id,
            tenant: .default,
            spec: spec,
            plan: plan,
            startedBy: 0,
            startedAt: 0
        )
        let points = (1...20).map { epoch in
            var point = RunProgress(
                epoch: Double(epoch),
                step: epoch * 10,
                loss: epoch == 7 ? .nan : 2 / Double(epoch),
                learningRate: 0.1,
                rowsPerSecond: 1,
                seconds: 1
            )
            point.validation = 1 - 1 / Double(epoch) - Double(epoch) / 100
            return point
        }
        return RunPlot.Reply(record, points: points)
    }

    @Test("A curve fits its terminal, and a pipe gets no color", arguments: [40, 80, nil])
    func curve(width: Int?) {
        let terminal = Terminal(
            inputIsTerminal: false,
            outputWidth: width,
            errorWidth: nil,
            hasColor: true
        )
        let lines = RunPlotPrinter().lines(reply(.accuracy), on: terminal)
        let text = lines.joined(separator: "\n")
        #expect(text.contains("loss over epochs"))
        #expect(text.contains("accuracy on validation rows over epochs"))
        #expect(text.contains("best: 0.8 after epoch 10"))
        #expect(text.contains("\u{1B}") == (width != nil))
        let bare = Terminal(
            inputIsTerminal: false,
            outputWidth: width,
            errorWidth: nil,
            hasColor: false
        )
        let plain = RunPlotPrinter().lines(reply(.accuracy), on: bare)
        #expect(plain.allSatisfy { displayWidth($0) <= width ?? 80 })
        #expect(!plain.joined().contains("\u{1B}"))
    }

    @Test("Losses of training and validation rows share a drawing; no number is left out")
    func losses() {
        #expect(reply(nil).points.count == 19)
        let pipe = Terminal(
            inputIsTerminal: false,
            outputWidth: nil,
            errorWidth: nil,
            hasColor: false
        )
        let text = RunPlotPrinter().lines(reply(nil), on: pipe).joined(separator: "\n")
        #expect(text.contains("training") && text.contains("validation"))
        #expect(!text.contains("validation rows"))
    }
}
