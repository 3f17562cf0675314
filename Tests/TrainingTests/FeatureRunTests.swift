import Domain
import RowSamples
import Testing

@testable import Training

/// Rows of classes that no plane separates: a disk, and one ring around it for each further class.
private func rings(classes: Int, rows: Int, isSparse: Bool = false) -> SampleRows {
    var numbers = NormalNumbers(seed: 17)
    var values: [[Float]] = []
    var labels: [Int32] = []
    for row in 0..<rows {
        let (x, y) = (numbers.next(), numbers.next())
        let length = max(1e-3, (x * x + y * y).squareRoot())
        let radius = 2 * Float(row % classes) + 0.2 * numbers.next()
        values.append([x / length * radius, y / length * radius, 0.2 * numbers.next()])
        labels.append(Int32(row % classes))
    }
    return SampleRows(values, isSparse: isSparse, classes: labels)
}

private func featureRun(
    _ parts: [SampleRows],
    _ map: FeatureMap?,
    kernel: KernelKind = .rbf
) -> TrialRun {
    var run = TrialRun(.svm, parts)
    var svm = SVMSpec()
    svm.kernel = kernel
    svm.mode = .features
    svm.map = map
    svm.featureCount = map == .nystrom ? 20 : 60
    run.spec.svm = svm
    run.spec.seed = 11
    return run
}

@Suite("Kernel machines on features, over ranks")
struct FeatureRunTests {
    @Test(
        "Rings that no plane separates are told apart, by the same bits on all ranks",
        arguments: [FeatureMap.fourier, .nystrom],
        [false, true]
    )
    func rings(map: FeatureMap, isSparse: Bool) throws {
        for classes in [2, 3] {
            let rows = TrainingTests.rings(classes: classes, rows: 150, isSparse: isSparse)
            for parts in [[rows], rows.overThreeRanks] {
                let records = try featureRun(parts, map).run()
                #expect(records.allSatisfy { $0.parameters == records[0].parameters })
                #expect(records.allSatisfy { $0.shape == records[0].shape })
                let result = records[0].result
                #expect(result.outcome == .converged && result.rule.contains("certified"))
                let accuracy = try #require(result.metrics.first?.accuracy)
                #expect(accuracy > 0.96)
                let shape = try #require(records[0].shape)
                #expect(shape.kind == .kernelSVM && shape.wordCount == records[0].parameters.count)
                let kernel = try #require(shape.kernel)
                #expect(kernel.isOneVsRest && kernel.features == (map == .fourier ? 60 : nil))
                #expect(kernel.supports == (map == .fourier ? 0 : 20))
                #expect((kernel.nonzeros != nil) == (map == .nystrom && isSparse))
                #expect(try #require(result.svm?.supportVectors) < 150)
            }
        }
    }

    @Test("The linear machine cannot do it: the rows are a test")
    func linear() throws {
        // A line has the disk and half of the ring on its right side at best: three of four.
        let run = TrialRun(.svm, [TrainingTests.rings(classes: 2, rows: 150)])
        #expect(try #require(try run.run()[0].result.metrics.first?.accuracy) < 0.85)
    }

    @Test("Without a map the RBF kernel gets random features, others get landmarks")
    func choices() throws {
        let rows = TrainingTests.rings(classes: 2, rows: 60)
        let rbf = try featureRun([rows], nil).run()[0]
        #expect(rbf.lines[0].contains("rbf, γ") && rbf.lines[0].contains("random Fourier"))
        var run = featureRun([rows], nil, kernel: .poly)
        run.spec.svm?.degree = 2
        run.spec.svm?.featureCount = nil
        let poly = try run.run()[0]
        #expect(poly.lines[0].contains("poly, γ") && poly.lines[0].contains("60 landmarks"))
        #expect(try #require(poly.result.metrics.first?.accuracy) > 0.96)
        // x², y² and their like: all monomials of degree 2 over three columns.
        #expect(poly.lines[0].contains("Nyström, 6 features"))
    }

    @Test("Landmarks of three ranks are rows of all, in shares of their rows")
    func shares() throws {
        let rows = TrainingTests.rings(classes: 2, rows: 50)
        let record = try featureRun(rows.overThreeRanks, .nystrom).run()[1]
        let words = record.parameters
        let chosen = (0..<20).map { Array(words[3 * $0..<3 * $0 + 3]) }
        let numbers = chosen.compactMap { rows.values.firstIndex(of: $0) }
        #expect(numbers.count == 20 && Set(numbers).count == 20)
        #expect(numbers == numbers.sorted())
        #expect(numbers.count { $0 < 20 } == 8 && numbers.count { $0 >= 40 } == 4)
    }

    @Test(
        "From any checkpoint, as bytes, a search goes on bit for bit",
        arguments: [
            FeatureMap.fourier, .nystrom,
        ]
    )
    func resumes(map: FeatureMap) throws {
        let rows = TrainingTests.rings(classes: 2, rows: 90)
        var run = featureRun(rows.overThreeRanks, map)
        run.spec.checkpointEvery = 3
        let undisturbed = try run.run()
        #expect(!undisturbed[1].checkpoints.isEmpty)
        for checkpoint in undisturbed[1].checkpoints {
            run.checkpoint = try TrainingCheckpoint(bytes: checkpoint.bytes)
            for record in try run.run() {
                #expect(record.parameters == undisturbed[0].parameters)
                #expect(record.lines == undisturbed[0].lines)
                #expect(record.result.epochs == undisturbed[0].result.epochs)
            }
        }
        run.checkpoint = nil
        run.stop = (rank: 2, step: 4)
        let stopped = try run.run()
        #expect(stopped.allSatisfy { $0.result.outcome == .stopped })
        run.stop = nil
        run.checkpoint = stopped[0].checkpoints.last
        #expect(try run.run()[2].parameters == undisturbed[0].parameters)
        run.checkpoint?.solver = []
        #expect(throws: TrainingError.self) { try run.run() }
    }

    @Test("Rows held out are measured, and neither landmarks nor learned from")
    func validation() throws {
        let rows = TrainingTests.rings(classes: 2, rows: 120)
        var run = featureRun([rows], .nystrom)
        run.spec.validationSplit = 0.4
        run.spec.svm?.featureCount = 1000
        let record = try run.run()[0]
        let metrics = record.result.metrics
        #expect(metrics.map(\.on) == ["validation", "training"])
        #expect(metrics.map(\.rows).reduce(0, +) == 120)
        #expect(record.shape?.kernel?.supports == metrics[1].rows)
        #expect(try #require(metrics[0].accuracy) > 0.9)
    }

    @Test("Of rows that stay random features are made, and no landmarks")
    func local() throws {
        let rows = TrainingTests.rings(classes: 2, rows: 150)
        var run = featureRun(rows.overThreeRanks, nil)
        run.localRowsMin = 10
        let records = try run.run()
        #expect(records.allSatisfy { $0.result.outcome == .converged })
        #expect(records.allSatisfy { $0.checkpoints.isEmpty })
        run.spec.svm?.map = .nystrom
        #expect(throws: TrainingError.rowsStay(what: "Nyström's landmarks are rows")) {
            try run.run()
        }
    }
}
