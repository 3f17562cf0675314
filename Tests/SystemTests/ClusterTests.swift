import Foundation
import Testing

/// Two clouds of points, one a class, as CSV with a header.
private func clouds(rows: Int) -> String {
    var text = "x,y,label\n"
    var state: UInt32 = 7
    func noise() -> Double {
        state = state &* 1_664_525 &+ 1_013_904_223
        return Double(state >> 8) / Double(1 << 24) - 0.5
    }
    for row in 0..<rows {
        let side = row % 2 == 0 ? 1.0 : -1.0
        text += "\(side + noise()),\(100 * side + 80 * noise()),\(row % 2)\n"
    }
    return text
}

@Suite("Three daemons, each a program of its own", .serialized)
struct ClusterTests {
    @Test("A dataset is added, trained on, looked at from every node, and removed")
    func wholeWay() throws {
        let cluster = try TestCluster(nodes: 3)
        let added = try cluster.ctl("dataset", "add", "clouds", "-", input: clouds(rows: 600))
        #expect(added.status == 0, "\(added.errors)")

        let run = try cluster.ctl(
            "run",
            "sgd",
            "--dataset",
            "clouds",
            "--val-split",
            "0.2",
            "--json"
        )
        #expect(run.status == 0, "\(run.errors)")
        let data = try run.data()
        #expect(data["outcome"] as? String == "converged")
        let metrics = try #require(data["metrics"] as? [[String: Any]])
        let accuracy = metrics.first { $0["on"] as? String == "validation" }?["accuracy"]
        #expect(try #require(accuracy as? Double) > 0.95)

        // At once, on every node.
        for node in cluster.names.reversed() {
            let model = try cluster.ctl("model", "show", "@last", on: node)
            #expect(model.status == 0, "node \(node): \(model.errors)")
        }
        for node in cluster.names {
            let shown = try cluster.ctl("runs", "show", "@last", "--json", on: node)
            #expect(try shown.data()["outcome"] as? String == "converged", "\(shown.errors)")
        }
        #expect(try cluster.ctl("model", "rm", "@last", on: "b").status == 2)
        let removed = try cluster.ctl("model", "rm", "@last", "--yes", on: "b")
        #expect(removed.status == 0, "\(removed.errors)")
        for node in cluster.names {
            #expect(try cluster.ctl("model", "show", "@last", on: node).status == 5)
            #expect(try cluster.ctl("runs", "show", "@last", on: node).status == 0)
        }
        let limited = try cluster.ctl("run", "sgd", "--dataset", "clouds", "--steps", "5")
        #expect(limited.status == 0, "\(limited.errors)")
        let again = try cluster.ctl("resume", "@last", on: "c")
        #expect(again.status == 6 && again.errors.contains("has reached its limit"))
        #expect(try cluster.ctl("dataset", "verify", "clouds", on: "b").status == 0)
        #expect(try cluster.ctl("dataset", "rm", "clouds", "--yes", on: "c").status == 0)
        #expect(try cluster.ctl("dataset", "show", "clouds", on: "a").status == 5)
    }

    @Test("A killed worker and a killed daemon end the run with their name; it resumes")
    func kills() throws {
        let cluster = try TestCluster(nodes: 3)
        #expect(
            try cluster.ctl("dataset", "add", "clouds", "-", input: clouds(rows: 600)).status == 0
        )
        try killWorker(of: "b", in: cluster)
        try killDaemon("c", in: cluster)
    }

    @Test("A node that is shut down stops its run, and every node says who it was")
    func shutDown() throws {
        let cluster = try TestCluster(nodes: 3)
        #expect(
            try cluster.ctl("dataset", "add", "clouds", "-", input: clouds(rows: 600)).status == 0
        )
        // The first seat writes the outcome; another one has to tell it why.
        for node in ["b", "a"] {
            let id = try start("until-\(node)", in: cluster)
            #expect(try cluster.end(node, SIGTERM) == 0)
            let end = try cluster.ctl("wait", id, "--json", on: "c", seconds: 30)
            #expect(end.status == 11, "\(end.output) \(end.errors)")
            try expectShutDown(of: node, in: try end.data())
            let next = try advice(on: id, from: "c", in: cluster)
            #expect(next.last?.contains("once \(node) is alive: distmlctl resume") == true)
            let log = cluster.log(of: "c").split(separator: "\n").filter { $0.contains(id) }
            #expect(log.count { $0.contains("\"run begins\"") } == 1, "\(log)")
            #expect(log.count { $0.contains("\"run ends\"") } == 1, "\(log)")
            #expect(log.contains { $0.contains("node \(node) is shutting down") }, "\(log)")
            try cluster.start(node)
            try cluster.waitUntilAlive()
            let shown = try cluster.ctl("runs", "show", id, "--json", on: node)
            try expectShutDown(of: node, in: try shown.data())
            #expect(try cluster.ctl("resume", id, "-d", on: node).status == 0)
            let stopped = try cluster.ctl("stop", id, "--json", on: "c").data()
            #expect(stopped["outcome"] as? String == "stopped")
            #expect(stopped["cause"] is NSNull, "whoever asked is no cause")
        }
    }

    private func expectShutDown(of node: String, in run: [String: Any]) throws {
        #expect(run["outcome"] as? String == "stopped")
        #expect(run["provisional"] as? Bool == false)
        let cause = try #require(run["cause"] as? [String: Any], "\(run)")
        #expect(cause["node"] as? String == node)
        #expect(cause["reason"] as? String == "node \(node) is shutting down")
        #expect(cause["step"] as? Int == run["steps"] as? Int)
        #expect(run["checkpoint_step"] as? Int == run["steps"] as? Int)
    }

    private func advice(
        on run: String,
        from node: String,
        in cluster: TestCluster
    ) throws -> [String] {
        try cluster.ctl("explain", run, "--json", on: node).data()["next"] as? [String] ?? []
    }

    @Test("A run is shown at once while a peer stands still")
    func silence() throws {
        let cluster = try TestCluster(nodes: 3)
        #expect(
            try cluster.ctl("dataset", "add", "clouds", "-", input: clouds(rows: 600)).status == 0
        )
        let run = try cluster.ctl("run", "gd", "--dataset", "clouds", "--json")
        #expect(run.status == 0, "\(run.errors)")
        try cluster.signal("c", SIGSTOP)
        defer { try? cluster.signal("c", SIGCONT) }
        for command in [["runs", "show", "@last"], ["ps", "-a"]] {
            let start = ContinuousClock.now
            #expect(try cluster.ctl(command).status == 0)
            // Two seconds were what the silent one was waited for; it is no suspect before three.
            let took = ContinuousClock.now - start
            #expect(took < .milliseconds(1_400), "\(command): \(took)")
        }
    }

    private func start(_ name: String, in cluster: TestCluster) throws -> String {
        let started = try cluster.ctl(
            "run",
            "sgd",
            "--dataset",
            "clouds",
            "--epochs",
            "100000",
            "--tol",
            "1e-12",
            "--lr",
            "1e-5",
            "--schedule",
            "constant",
            "--name",
            name,
            "-d"
        )
        #expect(started.status == 0, "\(started.errors)")
        let id = started.output.trimmingCharacters(in: .whitespacesAndNewlines)
        try wait(for: "steps of run \(id)") {
            let steps = try cluster.ctl("runs", "show", id, "--json").data()["steps"] as? Int
            return steps ?? 0 > 0
        }
        return id
    }

    private func killWorker(of node: String, in cluster: TestCluster) throws {
        let id = try start("first", in: cluster)
        for pid in try cluster.workers(of: node) { kill(pid, SIGKILL) }
        let end = try cluster.ctl("wait", id, "--json", seconds: 30)
        #expect(end.status == 12, "\(end.output) \(end.errors)")
        let cause = try #require(try end.data()["cause"] as? [String: Any])
        #expect(cause["node"] as? String == node)
        let next = try advice(on: id, from: "a", in: cluster)
        #expect(next.contains { $0.hasPrefix("distmlctl resume \(id)") }, "\(next)")
        #expect(!next.contains("distmlctl node ls"), "the node is there: \(next)")
        let resumed = try cluster.ctl("resume", id, "-d", on: "c")
        #expect(resumed.status == 0, "\(resumed.errors)")
        let stopped = try cluster.ctl("stop", id, "--json", on: "a")
        #expect(try stopped.data()["outcome"] as? String == "stopped", "\(stopped.errors)")
    }

    private func killDaemon(_ node: String, in cluster: TestCluster) throws {
        let id = try start("second", in: cluster)
        let workers = try cluster.workers(of: node)
        try cluster.end(node, SIGKILL)
        let end = try cluster.ctl("wait", id, "--json", seconds: 30)
        #expect(end.status == 12, "\(end.output) \(end.errors)")
        let cause = try #require(try end.data()["cause"] as? [String: Any])
        #expect(cause["node"] as? String == node)
        try wait(for: "the end of the orphans of \(node)") {
            workers.allSatisfy { kill($0, 0) != 0 }
        }
        try cluster.start(node)
        try cluster.waitUntilAlive()
        let shown = try cluster.ctl("runs", "show", id, "--json", on: node)
        #expect(try shown.data()["outcome"] as? String == "nodes_lost")
    }

    @Test("Bad data leave one error with its place and nothing behind")
    func badData() throws {
        let cluster = try TestCluster(nodes: 1)
        let bad = try cluster.ctl("dataset", "add", "bad", "-", input: "a,label\n1,0\n2,1,3\n")
        #expect(bad.status == 1, "\(bad.errors)")
        #expect(bad.errors.contains(":3"), "\(bad.errors)")
        #expect(try cluster.ctl("dataset", "show", "bad").status == 5)
        #expect(try cluster.end("a", SIGTERM) == 0)
    }
}
