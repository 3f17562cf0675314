import Foundation
import Testing

/// Whether a node can be given a file system of its own here.
private let canMount: Bool = {
    let script = "mount -t tmpfs -o size=1m none /mnt"
    return (try? run("/usr/bin/unshare", ["-rm", "sh", "-c", script]))?.status == 0
}()

@Suite("Faults of the disk", .serialized)
struct DiskFaultTests {
    /// Fills a node's disk to the last byte.
    private func fill(_ node: String, of cluster: TestCluster) throws {
        let filler = try cluster.state(of: node).appending(path: "filler")
        let descriptor = open(filler.path, O_WRONLY | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw SystemTestError(description: "no filler") }
        defer { close(descriptor) }
        for size in [1 << 16, 1 << 12, 1] {
            let bytes = [UInt8](repeating: 1, count: size)
            while write(descriptor, bytes, size) == size {}
        }
        #expect(errno == ENOSPC)
    }

    private func steps(of name: String, _ cluster: TestCluster, on node: String) throws -> Int {
        try cluster.ctl("runs", "show", name, "--json", on: node).data()["steps"] as? Int ?? 0
    }

    /// Names of the files that a node has finished: shards, models and checkpoints.
    private func objects(of node: String, _ cluster: TestCluster) throws -> Set<String> {
        let folder = try cluster.state(of: node).appending(path: "objects/default")
        return Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }

    @Test(
        "A run goes on while the disk of one node is full, says so, and all is well once it is not",
        .enabled(if: canMount, "needs a mount namespace of its own")
    )
    func full() throws {
        let faults = try FaultCluster(ClusterOptions(smallDisk: "b"))
        let cluster = faults.cluster
        for seed in 0..<Repetitions.count(3, long: 10) {
            let name = "full-\(seed)"
            // The one that leads is on the full disk in every third case.
            let idle = try objects(of: "b", cluster)
            let start = try faults.launch(name, on: ["a", "b", "c"][seed % 3], steps: 10_000_000)
            try wait(for: "a checkpoint on b") {
                try !objects(of: "b", cluster).isSubset(of: idle)
            }
            try fill("b", of: cluster)
            let step = try steps(of: name, cluster, on: "a")
            try wait(for: "steps on a full disk") {
                // A checkpoint that was just made frees the room of the one before the last.
                try fill("b", of: cluster)
                return try steps(of: name, cluster, on: "a") > step + 200
            }
            let health = try cluster.ctl("node", "health", "b", "--json", on: "a").list()
            let disk = health.first { $0["name"] as? String == "disk" }
            #expect((disk?["detail"] as? String)?.hasPrefix("0 MiB free") == true, "\(health)")
            let command = ["dataset", "add", "more", "-", "--json"]
            let added = try cluster.ctl(command, on: "b", input: rows)
            #expect(added.status == 1 && added.output.contains("no_space"), "\(added.output)")
            #expect(try cluster.ctl("dataset", "show", "more", on: "a").status == 5)
            let before = try objects(of: "b", cluster)
            try FileManager.default.removeItem(at: cluster.state(of: "b").appending(path: "filler"))
            try wait(for: "a new checkpoint on b") {
                try !objects(of: "b", cluster).isSubset(of: before)
            }
            #expect(try cluster.ctl("stop", name, "--json", on: "b").status == 0)
            let view = try faults.end(of: name, on: cluster.names, after: start, seconds: 15)
            #expect(view?.outcome == "stopped")
            try faults.expectTidiness(after: name)
            let lines = try cluster.ctl("logs", name, on: "a").output
            #expect(lines.contains("b: warning: ") && lines.contains("not stored"), "\(lines)")
            let again = try faults.launch("after-\(seed)", on: "b")
            _ = try faults.end(of: "after-\(seed)", on: cluster.names, after: again, seconds: 60)
            try faults.expectReferenceBits(of: "after-\(seed)")
            for run in [name, "after-\(seed)"] {
                #expect(try cluster.ctl("runs", "rm", run, "--yes").status == 0)
            }
        }
    }

    private var rows: String {
        "a,b,y\n" + (0..<20_000).map { "\($0),\($0 / 3),\($0 % 2)\n" }.joined()
    }

    @Test("A flipped bit in a stored shard fails the run by its name; mended, it resumes")
    func flip() throws {
        let faults = try FaultCluster()
        let cluster = faults.cluster
        for seed in 0..<Repetitions.count(3, long: 30) {
            var numbers = SeededNumbers(seed)
            let name = "flip-\(seed)"
            let victim = cluster.names.randomElement(using: &numbers) ?? "a"
            try flipBit(of: victim, in: cluster, &numbers)
            let start = try faults.launch(name, on: "a")
            let view = try faults.end(of: name, on: cluster.names, after: start, seconds: 30)
            // A replica's file is not read by this run, and one whose head is damaged is replaced.
            if view?.outcome != "limit_reached" {
                #expect(view?.outcome == "failed" && view?.causeNode == victim, "seed \(seed)")
                #expect(view?.causeReason?.contains("data_corrupt") == true, "\(view as Any)")
                try faults.finish(name, from: view, on: "b")
            }
            try faults.expectReferenceBits(of: name)
            #expect(try cluster.ctl("dataset", "verify", "digits").status >= 0)
            #expect(try cluster.ctl("dataset", "verify", "digits").status == 0, "seed \(seed)")
        }
    }

    private func flipBit(
        of node: String,
        in cluster: TestCluster,
        _ numbers: inout SeededNumbers
    ) throws {
        let folder = cluster.home(of: node).appending(path: "state/objects/default")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        // Shards are the large ones: 600 rows of 64 bytes.
        let shards = try files.map { folder.appending(path: $0) }.filter {
            try Data(contentsOf: $0).count > 30_000
        }
        let file = try #require(shards.randomElement(using: &numbers))
        var bytes = try Data(contentsOf: file)
        let place = Int.random(in: 0..<bytes.count, using: &numbers)
        bytes[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &numbers)
        let handle = try FileHandle(forWritingTo: file)
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: bytes[place...place])
        try handle.close()
    }
}
