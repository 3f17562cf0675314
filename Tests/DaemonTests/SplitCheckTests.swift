import Domain
import Testing

@testable import Daemon

@Suite("Refusals of what would leave nothing to train on, or never end well")
struct SplitCheckTests {
    private func refusal(
        _ share: Double?,
        rows: [Int] = [100, 100],
        classes: [(String, Int)] = [("no", 150), ("yes", 50)]
    ) -> RunSpecError? {
        var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "d"))
        spec.validationSplit = share
        var data = sampleManifest(classes)
        let nodes = ["a", "b", "c"].map { NodeID(checked: $0) }
        data.shards = rows.enumerated().map { index, count in
            ShardDescription(
                index: index,
                rows: count,
                values: 2 * count,
                bytes: 8 * count,
                hash: data.version,
                holders: [nodes[index]]
            )
        }
        let seats = rows.indices.map { Seat(node: nodes[$0], shards: [$0]) }
        do {
            try checkSplit(of: spec, on: data, seats: seats)
            return nil
        } catch { return error }
    }

    @Test("A share that leaves rows of everything is accepted")
    func accepted() {
        for share in [nil, 0.1, 0.2, 0.5, 0.9] as [Double?] { #expect(refusal(share) == nil) }
        // A class of one row is more likely to be trained on than not.
        #expect(refusal(0.2, classes: [("no", 199), ("yes", 1)]) == nil)
        // A seat without rows takes part as it is.
        #expect(refusal(0.2, rows: [200, 0]) == nil)
    }

    @Test("A share that takes all rows of a seat names the option and the node")
    func seat() {
        let found = refusal(0.9999, rows: [100, 1], classes: [("no", 1 << 20), ("yes", 1 << 20)])
        #expect(found?.option == "--val-split")
        #expect(found?.reason.contains("of node a") == true)
        #expect(found?.hint == "hold out fewer, such as 0.2")
    }

    @Test("A share that probably takes all rows of a class names it")
    func sharesOfClasses() {
        let found = refusal(0.9, rows: [1000], classes: [("no", 995), ("yes", 5)])
        #expect(found?.option == "--val-split")
        #expect(found?.reason.contains("all 5 rows of class 'yes'") == true)
    }

    private func warmup(_ epochs: Double, _ change: (inout RunSpec) -> Void) -> String? {
        var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "d"))
        spec.optimizer.warmupEpochs = epochs
        change(&spec)
        do {
            try check(spec, on: sampleManifest([("no", 150), ("yes", 50)]))
            return nil
        } catch { return "\(error)" }
    }

    @Test("A rate that would rise longer than the run can last is refused")
    func warmups() {
        #expect(warmup(5) { _ in } == nil)
        #expect(warmup(5) { $0.epochs = 5 } == nil)
        let refused = warmup(6) { $0.epochs = 5 }
        #expect(refused?.hasPrefix("--warmup: the rate would rise for 6.0 epochs, and") == true)
        #expect(refused?.hasSuffix("the run ends after 5 at the latest") == true)
        #expect(warmup(1e9) { _ in }?.hasPrefix("--warmup: ") == true)
        // Ten steps an epoch.
        #expect(warmup(2) { ($0.steps, $0.batch) = (20, 20) } == nil)
        #expect(warmup(3) { ($0.steps, $0.batch) = (20, 20) }?.hasPrefix("--warmup: ") == true)
        #expect(warmup(1) { ($0.steps, $0.batch) = (.max, 10) } == nil)
        for bad in [-1, Double.nan, .infinity] {
            #expect(warmup(bad) { _ in }?.contains("a finite number of 0 or more") == true)
        }
    }
}
