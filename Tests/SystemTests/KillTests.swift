import Foundation
import Testing

/// Somebody who dies, and when; all of it from a seed.
private struct Kill: CustomStringConvertible {
    enum Victim: String { case worker, daemon, coordinator }
    enum Moment: String, CaseIterable { case load, steps, checkpoint, finish }

    let seed: Int
    let victim: Victim
    let moment: Moment
    /// The node that gets the command, the one that is hit, and the one that resumes.
    let leader: String
    let node: String
    let rescuer: String
    /// Where within the moment, 0 ..< 1.
    let place: Double

    init(seed: Int, nodes: [String]) {
        var numbers = SeededNumbers(seed)
        self.seed = seed
        victim = [.worker, .daemon, .coordinator][seed % 3]
        moment = Moment.allCases[Int.random(in: 0..<4, using: &numbers)]
        let order = nodes.shuffled(using: &numbers)
        leader = order[0]
        node =
            switch victim {
            case .worker: nodes.randomElement(using: &numbers) ?? order[0]
            case .daemon: order[1]
            case .coordinator: order[0]
            }
        rescuer = nodes.randomElement(using: &numbers) ?? order[0]
        place = Double.random(in: 0..<1, using: &numbers)
    }

    var name: String { "kill-\(seed)" }

    var description: String {
        "seed \(seed): \(victim) of \(node), \(moment) + \(Int(place * 100)) %, led by \(leader)"
    }
}

@Suite("Kills at random moments", .serialized)
struct KillTests {
    @Test("Whoever is killed, and when: the run ends with a cause, resumes to the same bits")
    func kills() throws {
        let faults = try FaultCluster()
        var delays: [Double] = []
        for seed in 0..<Repetitions.count(9, long: 100) {
            let kill = Kill(seed: seed, nodes: faults.cluster.names)
            do {
                if let delay = try strike(kill, in: faults) { delays.append(delay) }
            } catch {
                Issue.record("\(kill): \(error)")
                return
            }
        }
        delays.sort()
        let median = try #require(delays.isEmpty ? nil : delays[delays.count / 2])
        let most = try #require(delays.last)
        print("\(delays.count) runs lost; agreed after \(median) s (median), \(most) s (most)")
    }

    /// Kills, looks, mends, and looks again; tells how many seconds a lost run took to its end.
    private func strike(_ kill: Kill, in faults: FaultCluster) throws -> Double? {
        let cluster = faults.cluster
        let start = try faults.launch(kill.name, on: kill.leader)
        try waitForMoment(kill, in: faults)
        let workers = try cluster.workers(of: kill.node)
        let begin = ContinuousClock.now
        var survivors = cluster.names
        if kill.victim == .worker {
            for worker in workers { Foundation.kill(worker, SIGKILL) }
        } else {
            try cluster.end(kill.node, SIGKILL)
            survivors.removeAll { $0 == kill.node }
        }
        let view = try faults.end(of: kill.name, on: survivors, after: start, seconds: 15)
        let delay = (ContinuousClock.now - begin) / .seconds(1)
        if let view, view.outcome != "limit_reached" {
            #expect(view.causeNode == kill.node, "\(kill): \(view)")
            #expect(view.causeReason?.isEmpty == false, "\(kill): \(view)")
        }
        try wait(for: "the end of the workers of node \(kill.node)") {
            workers.allSatisfy { Foundation.kill($0, 0) != 0 }
        }
        if kill.victim != .worker {
            try cluster.start(kill.node)
            try cluster.waitUntilAlive()
            let late = try faults.end(of: kill.name, on: cluster.names, after: start, seconds: 15)
            #expect(late?.outcome == view?.outcome, "\(kill)")
        }
        try faults.expectTidiness(after: kill.name)
        try faults.finish(kill.name, from: view, on: kill.rescuer)
        try faults.expectReferenceBits(of: kill.name)
        if Repetitions.isLong { print("\(kill): \(view?.outcome ?? "not begun"), \(delay) s") }
        return view == nil || view?.outcome == "limit_reached" ? nil : delay
    }

    private func waitForMoment(_ kill: Kill, in faults: FaultCluster) throws {
        let share: Double
        switch kill.moment {
        case .load: share = 0.15 * kill.place
        case .steps: share = 0.2 + 0.6 * kill.place
        case .checkpoint: share = 0.2 + 0.5 * kill.place
        case .finish: share = 0.85 + 0.25 * kill.place
        }
        usleep(UInt32(share * faults.seconds * 1e6))
        guard kill.moment == .checkpoint else { return }
        // A file in the making is a checkpoint that is being written.
        let scratch = faults.cluster.home(of: kill.node).appending(path: "state/scratch").path
        let end = ContinuousClock.now + .seconds(faults.seconds)
        while ContinuousClock.now < end {
            if try !FileManager.default.contentsOfDirectory(atPath: scratch).isEmpty { return }
        }
    }
}
