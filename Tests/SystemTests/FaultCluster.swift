import Foundation
import StartedPrograms
import Testing

/// How often faults are tried: a few times, or as often as `deploy/test --faults` asks.
enum Repetitions {
    static let isLong = ProcessInfo.processInfo.environment["DISTML_FAULTS"] != nil

    static func count(_ few: Int, long: Int) -> Int { isLong ? long : few }
}

/// Numbers that come again from the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What a node says of a run.
struct RunView: Equatable {
    let outcome: String
    let causeNode: String?
    let causeStep: Int?
    let causeReason: String?

    init(_ data: [String: Any]) {
        outcome = data["outcome"] as? String ?? ""
        let cause = data["cause"] as? [String: Any]
        causeNode = cause?["node"] as? String
        causeStep = cause?["step"] as? Int
        causeReason = cause?["reason"] as? String
    }
}

/// A cluster with a dataset, and what a run leaves that nobody disturbs.
final class FaultCluster {
    /// Long enough for a fault to come in the middle; the debug programs, which the short run may
    /// have to do with, take longer for a step.
    static let steps = Repetitions.count(800, long: 4_000)

    let cluster: TestCluster
    /// Bytes of the tensors of an undisturbed run's model.
    private(set) var reference = Data()
    /// How long such a run takes from the command to its end.
    private(set) var seconds = 0.0

    init(_ options: ClusterOptions = ClusterOptions()) throws {
        cluster = try TestCluster(nodes: 3, options)
        let digits = Programs.root.appending(path: "deploy/sample/digits.csv.gz").path
        let added = try cluster.ctl("dataset", "add", "digits", digits)
        guard added.status == 0 else { throw SystemTestError(description: added.errors) }
        let start = ContinuousClock.now
        let run = try cluster.ctl(command("undisturbed") + ["--json"], seconds: 300)
        guard run.status == 0 else { throw SystemTestError(description: run.errors) }
        seconds = (ContinuousClock.now - start) / .seconds(1)
        reference = try tensors(of: "undisturbed", on: "a")
    }

    /// The run that all are: a fixed number of steps, checkpoints close together.
    private func command(_ name: String, steps: Int = steps) -> [String] {
        // On all three: a run that is begun again after a fault must have the same seats.
        ["run", "sgd", "--dataset", "digits", "--nodes", "3", "--lr", "1e-4"]
            + ["--schedule", "constant"]
            + ["--tol", "1e-12", "--epochs", "100000", "--steps", "\(steps)"]
            + ["--checkpoint-every", "40", "--name", name]
    }

    /// Asks a node for the run, and does not wait for what it says.
    func launch(
        _ name: String,
        on node: String,
        steps: Int = steps
    ) throws -> StartedProgram {
        let socket = cluster.home(of: node).appending(path: "distml.sock").path
        return try StartedProgram(
            Programs.path("distmlctl"),
            command(name, steps: steps) + ["-d"],
            environment: .only(["DISTML_SOCKET": socket])
        )
    }

    /// The agreed end of a run as `nodes` see it, nil where nobody has ever heard of it.
    ///
    /// It must come within `seconds` on all of them, and be the same.
    func end(
        of name: String,
        on nodes: [String],
        after start: StartedProgram,
        seconds: Double
    ) throws -> RunView? {
        var views: [String: RunView] = [:]
        try wait(for: "the end of \(name) on \(nodes)", seconds: seconds) {
            // Asked first: a run that begins after an answer of "not found" is not overlooked.
            let hasStarted = !start.isRunning
            var strangers = 0
            for node in nodes where views[node] == nil {
                let shown = try cluster.ctl("runs", "show", name, "--json", on: node)
                if shown.status == 5, hasStarted { strangers += 1 }
                guard shown.status == 0 else { continue }
                let data = try shown.data()
                if data["status"] as? String == "ended", data["provisional"] as? Bool == false {
                    views[node] = RunView(data)
                }
            }
            return views.count == nodes.count || strangers == nodes.count
        }
        let different = Set(views.values.map(\.outcome))
        #expect(different.count <= 1, "\(name): \(views)")
        return views[nodes[0]]
    }

    /// Ends what hangs after a fault: resumes a run that was lost, or begins it again.
    func finish(_ name: String, from view: RunView?, on node: String) throws {
        let result: CommandResult
        switch view?.outcome {
        case "limit_reached": return
        case nil: result = try cluster.ctl(command(name) + ["--json"], on: node, seconds: 300)
        default: result = try cluster.ctl("resume", name, "--json", on: node, seconds: 300)
        }
        #expect(result.status == 0, "\(name) on \(node): \(result.errors)")
    }

    /// All nodes hold the model that an undisturbed run makes, to the last bit.
    func expectReferenceBits(of name: String) throws {
        for node in cluster.names {
            try wait(for: "model \(name) on node \(node)", seconds: 30) {
                try self.cluster.ctl("model", "show", name, on: node).status == 0
            }
            let bits = try tensors(of: name, on: node)
            #expect(bits == reference, "\(name) on node \(node) has other bits")
        }
    }

    /// Nothing is left of what was: no worker, and every catalogue whole.
    func expectTidiness(after name: String) throws {
        for node in cluster.names {
            try wait(for: "the end of all workers of node \(node) after \(name)") {
                try self.cluster.workers(of: node).isEmpty
            }
            let checks = try cluster.ctl("doctor", "--json", on: node).list()
            let catalogue = checks.first { $0["name"] as? String == "catalogue" }
            #expect(catalogue?["state"] as? String == "ok", "\(node): \(catalogue as Any)")
        }
    }

    /// The bytes of a model's tensors: its file without the header, which names the run.
    private func tensors(of name: String, on node: String) throws -> Data {
        let file = cluster.folder.appending(path: "model-\(UInt32.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: file) }
        let exported = try cluster.ctl("model", "export", name, file.path, on: node)
        guard exported.status == 0 else { throw SystemTestError(description: exported.errors) }
        let bytes = try Data(contentsOf: file)
        let header = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        return bytes.dropFirst(8 + header)
    }
}
