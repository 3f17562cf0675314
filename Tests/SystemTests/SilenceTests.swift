import Foundation
import Testing

@Suite("Silence and half-open links", .serialized)
struct SilenceTests {
    /// A step takes a millisecond or so; after this share of its time a run is in its steps.
    private func waitForSteps(_ faults: FaultCluster, _ numbers: inout SeededNumbers) {
        let share = Double.random(in: 0.35..<0.65, using: &numbers)
        usleep(UInt32(share * faults.seconds * 1e6))
    }

    @Test("A daemon that stands still for two seconds is not dead, and the run goes on")
    func pause() throws {
        let faults = try FaultCluster()
        for seed in 0..<Repetitions.count(3, long: 30) {
            var numbers = SeededNumbers(seed)
            let name = "pause-\(seed)"
            let victim = faults.cluster.names.randomElement(using: &numbers) ?? "a"
            let start = try faults.launch(name, on: "a")
            waitForSteps(faults, &numbers)
            try faults.cluster.signal(victim, SIGSTOP)
            usleep(2_000_000)
            try faults.cluster.signal(victim, SIGCONT)
            let names = faults.cluster.names
            let limit = 60 + 4 * faults.seconds
            let view = try faults.end(of: name, on: names, after: start, seconds: limit)
            #expect(view?.outcome == "limit_reached", "seed \(seed), \(victim): \(view as Any)")
            try faults.expectReferenceBits(of: name)
        }
    }

    @Test("A frozen daemon ends the run within ten seconds and agrees when it wakes up")
    func freeze() throws {
        let faults = try FaultCluster()
        let cluster = faults.cluster
        for seed in 0..<Repetitions.count(3, long: 30) {
            var numbers = SeededNumbers(seed)
            let name = "freeze-\(seed)"
            let order = cluster.names.shuffled(using: &numbers)
            let start = try faults.launch(name, on: order[1])
            waitForSteps(faults, &numbers)
            try cluster.signal(order[seed % 2], SIGSTOP)
            let victim = order[seed % 2]
            let survivors = cluster.names.filter { $0 != victim }
            let view = try faults.end(of: name, on: survivors, after: start, seconds: 10)
            #expect(view?.outcome == "nodes_lost" && view?.causeNode == victim, "seed \(seed)")
            try cluster.signal(victim, SIGCONT)
            try cluster.waitUntilAlive()
            let late = try faults.end(of: name, on: [victim], after: start, seconds: 15)
            #expect(late == view, "seed \(seed)")
            try faults.expectTidiness(after: name)
            try faults.finish(name, from: view, on: order[2])
            try faults.expectReferenceBits(of: name)
        }
    }

    @Test("A frozen worker ends the run within ten seconds, by the name of its node")
    func freezeWorker() throws {
        let faults = try FaultCluster()
        for seed in 0..<Repetitions.count(1, long: 10) {
            var numbers = SeededNumbers(seed)
            let name = "worker-\(seed)"
            let names = faults.cluster.names
            let victim = names.randomElement(using: &numbers) ?? "a"
            let start = try faults.launch(name, on: "a")
            waitForSteps(faults, &numbers)
            for worker in try faults.cluster.workers(of: victim) { kill(worker, SIGSTOP) }
            let view = try faults.end(of: name, on: names, after: start, seconds: 10)
            #expect(view?.outcome == "nodes_lost" && view?.causeNode == victim, "seed \(seed)")
            try faults.expectTidiness(after: name)
            try faults.finish(name, from: view, on: "b")
            try faults.expectReferenceBits(of: name)
        }
    }

    @Test("A cut cable, a death behind it and a return: named within ten seconds, then whole")
    func halfOpen() throws {
        let faults = try FaultCluster(ClusterOptions(isolated: "c"))
        let cluster = faults.cluster
        for seed in 0..<Repetitions.count(3, long: 30) {
            var numbers = SeededNumbers(seed)
            let name = "cut-\(seed)"
            let start = try faults.launch(name, on: seed % 2 == 0 ? "a" : "c")
            waitForSteps(faults, &numbers)
            cluster.cut(true)
            let view = try faults.end(of: name, on: ["a", "b"], after: start, seconds: 10)
            #expect(view?.outcome == "nodes_lost" && view?.causeNode == "c", "seed \(seed)")
            // The others' connections stand still; whoever they led to is gone.
            try cluster.end("c", SIGKILL)
            cluster.cut(false)
            try cluster.start("c")
            try cluster.waitUntilAlive()
            let late = try faults.end(of: name, on: ["c"], after: start, seconds: 15)
            #expect(late == view, "seed \(seed)")
            try faults.expectTidiness(after: name)
            try faults.finish(name, from: view, on: "c")
            try faults.expectReferenceBits(of: name)
        }
    }
}
