import Domain
import Testing

@testable import ModelFormats

@Suite("Models as LIBLINEAR and LIBSVM read them")
struct TextModelTests {
    private static let linear: [SampleModel] = [
        .linear, .logistic, .scaledLogistic, .softmax, .softmaxOfTwo, .machine, .machines,
        .linearKernel,
    ]

    @Test("LIBLINEAR's rule gives the model's labels", arguments: linear)
    func liblinear(sample: SampleModel) throws {
        let model = try sample.contents()
        let file = NaiveFile(try LIBLINEARModel.write(model), until: "w")
        #expect(file.number("nr_feature") == Double(model.shape.columns))
        for row in SampleModel.rows(model.shape.columns) {
            var values = row.map(Double.init)
            let bias = try #require(file.number("bias"))
            if bias >= 0 { values.append(bias) }
            #expect(file.rows.count == values.count)
            let sums = file.rows[0].indices.map { k in
                values.indices.reduce(0) { $0 + values[$1] * file.rows[$1][k] }
            }
            let scores = try naiveScores(model, row)
            if model.classes.isEmpty {
                #expect(abs(sums[0] - scores[0]) < 1e-9)
                continue
            }
            let place =
                sums.count == 1 ? (sums[0] > 0 ? 0 : 1) : sums.firstIndex(of: sums.max() ?? 0) ?? 0
            let label = try #require(file.list("label"))[place]
            #expect(label == Double(model.classes[naiveClass(model, scores)]))
        }
    }

    @Test("Only where LIBLINEAR's probabilities are the model's it is let give them")
    func solvers() throws {
        let expected: [(SampleModel, String)] = [
            (.linear, "L2R_L2LOSS_SVR"), (.logistic, "L2R_LR"), (.softmaxOfTwo, "L2R_LR"),
            (.scaledLogistic, "L2R_L2LOSS_SVC"), (.softmax, "MCSVM_CS"),
            (.machines, "L2R_L1LOSS_SVC_DUAL"), (.machine, "L2R_L1LOSS_SVC_DUAL"),
        ]
        for (sample, solver) in expected {
            let text = String(
                decoding: try LIBLINEARModel.write(sample.contents()).bytes,
                as: UTF8.self
            )
            #expect(text.hasPrefix("solver_type \(solver)\n"))
        }
    }

    @Test(
        "A machine names the solver that fits it",
        arguments: [
            (.hinge, "L2R_L1LOSS_SVC_DUAL"), (.squaredHinge, "L2R_L2LOSS_SVC"),
            (.crammerSinger, "MCSVM_CS"),
        ] as [(MachineCharge, String)]
    )
    func charges(charge: MachineCharge, solver: String) throws {
        let sample = try SampleModel.machines.contents()
        var shape = sample.shape
        shape.charge = charge
        let model = ModelContents(
            shape: shape,
            words: sample.words,
            classes: sample.classes,
            facts: sample.facts
        )
        let text = String(decoding: try LIBLINEARModel.write(model).bytes, as: UTF8.self)
        #expect(text.hasPrefix("solver_type \(solver)\n"))
    }

    private static let machines: [SampleModel] = linear + [.pairOfTwo, .pairs, .restOfTwo, .rest]

    @Test("LIBSVM's votes give the model's labels", arguments: machines, [0, 1])
    func libsvm(sample: SampleModel, indexBase: Int) throws {
        let model = try sample.contents()
        let file = NaiveFile(try LIBSVMModel.write(model, indexBase: indexBase), until: "SV")
        for row in SampleModel.rows(model.shape.columns) {
            let scores = try naiveScores(model, row)
            let sums = try file.decisions(row.map(Double.init), indexBase: indexBase)
            if model.classes.isEmpty {
                #expect(abs(sums[0] - scores[0]) < 1e-9)
                continue
            }
            var votes = [Int](repeating: 0, count: model.classes.count)
            for (sum, pair) in zip(sums, pairs(of: votes.count)) {
                votes[sum > 0 ? pair.first : pair.second] += 1
            }
            let place = votes.firstIndex(of: votes.max() ?? 0) ?? 0
            let label = try #require(file.list("label"))[place]
            #expect(label == Double(model.classes[naiveClass(model, scores)]))
        }
    }

    @Test("Classes that are no numbers are counted, and that is said")
    func words() throws {
        let model = try SampleModel.logistic.contents()
        let named = ModelContents(
            shape: model.shape,
            words: model.words,
            classes: ["no", "yes"],
            facts: []
        )
        let written = try LIBLINEARModel.write(named)
        #expect(written.remarks.first?.contains("0 = 'no', 1 = 'yes'") == true)
        #expect(String(decoding: written.bytes, as: UTF8.self).contains("\nlabel 1 0\n"))
    }

    @Test("What a format cannot express is refused with the reason and another way")
    func refused() throws {
        for sample in [SampleModel.dense, .convolutional, .pairs] {
            let model = try sample.contents()
            let error = #expect(throws: FormatRefusal.self) { try LIBLINEARModel.write(model) }
            #expect(error?.description.contains("LIBLINEAR") == true)
            #expect(error?.hint?.contains("--to") == true)
        }
        let network = try SampleModel.dense.contents()
        #expect(throws: FormatRefusal.self) { try LIBSVMModel.write(network, indexBase: 1) }
        let rest = try SampleModel.rest.contents()
        var shape = rest.shape
        shape.isScaled = true
        let scaled = ModelContents(
            shape: shape,
            words: [Float](repeating: 1, count: 12) + rest.words,
            classes: rest.classes,
            facts: []
        )
        let error = #expect(throws: FormatRefusal.self) {
            try LIBSVMModel.write(scaled, indexBase: 1)
        }
        #expect(error?.description.contains("scaled") == true)
    }
}

/// A model file of text: pairs of a word and numbers, then rows.
private struct NaiveFile {
    private var head: [String: String] = [:]
    /// Rows of numbers; of LIBSVM only what stands before the entries.
    private(set) var rows: [[Double]] = []
    private var entries: [[(index: Int, value: Double)]] = []

    init(_ model: WrittenModel, until end: String) {
        let lines = String(decoding: model.bytes, as: UTF8.self).split(separator: "\n")
        let border = lines.firstIndex { $0 == end } ?? lines.endIndex
        for line in lines[..<border] {
            let words = line.split(separator: " ", maxSplits: 1)
            head[String(words[0])] = words.count > 1 ? String(words[1]) : ""
        }
        for line in lines[border...].dropFirst() {
            let words = line.split(separator: " ")
            rows.append(words.filter { !$0.contains(":") }.compactMap { Double($0) })
            entries.append(
                words.compactMap { word in
                    let parts = word.split(separator: ":")
                    guard parts.count == 2, let index = Int(parts[0]), let value = Double(parts[1])
                    else { return nil }
                    return (index, value)
                }
            )
        }
    }

    func number(_ name: String) -> Double? { head[name].flatMap { Double($0) } }
    func list(_ name: String) -> [Double]? {
        head[name]?.split(separator: " ").compactMap { Double($0) }
    }

    /// As `svm_predict_values` has it.
    func decisions(_ row: [Double], indexBase: Int) throws -> [Double] {
        let rho = try #require(list("rho"))
        var function = KernelFunction(kind: .linear)
        if head["kernel_type"] == "rbf" {
            function = KernelFunction(kind: .rbf, gamma: try #require(number("gamma")))
        }
        let values = entries.map { support in
            var dense = [Double](repeating: 0, count: row.count)
            for entry in support { dense[entry.index - indexBase] = entry.value }
            let product = zip(row, dense).reduce(0) { $0 + $1.0 * $1.1 }
            let distance = zip(row, dense).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            return naiveKernelValue(function, product, distance)
        }
        guard let counts = list("nr_sv")?.map({ Int($0) }) else {
            return [values.indices.reduce(-rho[0]) { $0 + rows[$1][0] * values[$1] }]
        }
        let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
        return pairs(of: counts.count).enumerated().map { number, pair in
            var sum = -rho[number]
            for i in 0..<counts[pair.first] {
                let place = starts[pair.first] + i
                sum += rows[place][pair.second - 1] * values[place]
            }
            for i in 0..<counts[pair.second] {
                let place = starts[pair.second] + i
                sum += rows[place][pair.first] * values[place]
            }
            return sum
        }
    }
}
