import ControlAPI
import Domain
import FoundationEssentials
import JSONRPC
import Testing

@Suite("Documents and their promised fields")
struct DocumentTests {
    /// The names of the fields of `value` in JSON, those that are null included.
    private func fields(_ value: some Encodable) throws -> Set<String> {
        let bytes = try JSONCoding.encode(value)
        return Set(try JSONCoding.decode([String: Anything].self, from: bytes).keys)
    }

    @Test("A run that has just begun has every promised field")
    func run() throws {
        let promised: Set<String> = [
            "id", "name", "algorithm", "dataset", "nodes", "outcome", "epochs", "steps",
            "objective", "loss", "metrics", "wall_seconds", "rows_per_second",
            "bytes_sent_per_node", "model", "seed", "cause",
        ]
        #expect(try fields(RunDocument(record())).isSuperset(of: promised))
    }

    @Test("A run's document comes back as it was")
    func roundTrip() throws {
        var record = record()
        record.status = .ended
        var result = RunResult(
            outcome: .nodesLost,
            rule: "node lost",
            cause: Cause(node: NodeID("b"), rank: Rank(1), step: 40, reason: "killed")
        )
        var metrics = Metrics(on: "validation", rows: 10)
        metrics.f1 = 0.5
        metrics.r2 = -1
        metrics.logLoss = 0.25
        metrics.rocAUC = 0.75
        metrics.prAUC = 0.625
        result.metrics = [metrics]
        record.result = result
        let document = RunDocument(record)
        let bytes = try JSONCoding.encode(document)
        #expect(try JSONCoding.decode(RunDocument.self, from: bytes) == document)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(#""cause":{"node":"b","rank":1,"reason":"killed","step":40}"#))
        #expect(text.contains(#""f1":0.5,"log_loss":0.25,"on":"validation","pr_auc":0.625,"#))
        #expect(text.contains(#""r2":-1,"roc_auc":0.75,"rows":10"#))
        #expect(text.contains(#""outcome":"nodes_lost""#))
        #expect(text.contains(#""started_at":"2001-09-09T01:46:40.000Z""#))
    }

    @Test("A cause names the step after the last finished where nobody knew it")
    func causeStep() throws {
        var record = record()
        record.result = RunResult(
            outcome: .nodesLost,
            rule: "a node was lost",
            cause: Cause(node: nil, reason: "link lost")
        )
        record.result?.steps = 40
        let text = String(decoding: try JSONCoding.encode(RunDocument(record)), as: UTF8.self)
        #expect(
            text.contains(#""cause":{"node":null,"rank":null,"reason":"link lost","step":41}"#)
        )
    }

    @Test("A loss that is no number is null")
    func diverged() throws {
        var record = record()
        record.result = RunResult(outcome: .diverged, rule: "loss is not finite")
        record.result?.loss = .nan
        record.result?.objective = .infinity
        let document = RunDocument(record)
        #expect(document.loss == nil)
        #expect(document.objective == nil)
    }

    @Test("A dataset shows each shard on each holder")
    func dataset() throws {
        let document = DatasetDocument(manifest()) { index, node in
            node.text == "c" ? nil : index == 0
        }
        #expect(document.shards.map(\.node.text) == ["a", "b", "b", "c"])
        #expect(document.shards.map(\.role) == [.primary, .replica, .primary, .replica])
        #expect(document.shards.map(\.intact) == [true, true, false, nil])
        let promised: Set<String> = [
            "name", "version", "rows", "columns", "nonzeros", "classes", "shards",
        ]
        #expect(try fields(document).isSuperset(of: promised))
        let shard = try #require(document.shards.last)
        #expect(
            try fields(shard).isSuperset(of: ["node", "rows", "bytes", "role", "intact"])
        )
        let bytes = try JSONCoding.encode(document)
        #expect(try JSONCoding.decode(DatasetDocument.self, from: bytes) == document)
    }

    @Test("Constant columns have the names of one-hot columns")
    func stats() {
        let reply = DatasetStats.Reply(manifest())
        #expect(reply.constantColumns == 2)
        #expect(reply.constantColumnNames == ["size", "color=red"])
        #expect(reply.density == 0.5)
        var local = manifest()
        local.isLocal = true
        local.constantColumns = []
        #expect(DatasetStats.Reply(local).constantColumns == nil, "nobody counted them")
    }

    @Test("A node of which nothing is known has every promised field")
    func node() throws {
        let summary = NodeSummary(
            name: NodeID(checked: "a"),
            state: .dead,
            address: "10.0.0.1:7600",
            isLocal: false
        )
        let promised: Set<String> = [
            "name", "state", "reason", "address", "version", "rtt_seconds", "certificate_days",
        ]
        #expect(try fields(summary).isSuperset(of: promised))
        let bytes = try JSONCoding.encode(summary)
        #expect(try JSONCoding.decode(NodeSummary.self, from: bytes) == summary)
    }

    @Test("Measurements of the ring and of models have every promised field")
    func measurements() throws {
        let bench = RingBench.Measurement(
            implementation: "distml tls",
            world: 3,
            bytes: 4096,
            medianSeconds: 1,
            minSeconds: 1,
            busGigabytesPerSecond: 1
        )
        let promised: Set<String> = [
            "implementation", "world", "bytes", "median_seconds", "min_seconds",
            "bus_gigabytes_per_second", "cpu_seconds_per_gigabyte", "memory_bytes",
        ]
        #expect(try fields(bench) == promised)
        let eval = ModelEval.Reply(
            model: ModelName(checked: "m"),
            dataset: DatasetName(checked: "d"),
            rows: 1,
            metrics: []
        )
        #expect(try fields(eval) == ["model", "dataset", "rows", "metrics", "confusion"])
    }
}

/// Any JSON value, of which only the presence counts.
private struct Anything: Decodable {
    init(from decoder: any Decoder) throws {}
}
