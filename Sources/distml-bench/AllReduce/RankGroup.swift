import Foundation

/// The ranks of one implementation, each a process, waiting for orders.
struct RankGroup {
    let implementation: String
    let processes: [ChildProcess]

    /// Starts the ranks of a real ring on the loopback.
    static func ofRing(
        _ link: LinkKind,
        _ worldSize: Int,
        certificates: URL,
        congestion: String?
    ) throws -> RankGroup {
        guard let program = Bundle.main.executableURL else {
            throw BenchError("this program does not know where it lies")
        }
        let processes = try (0..<worldSize).map { rank in
            var arguments = ["rank", "--world", "\(worldSize)", "--rank", "\(rank)"]
            arguments += ["--link", link.rawValue, "--folder", certificates.path]
            if let congestion { arguments += ["--congestion", congestion] }
            return try ChildProcess(program, arguments: arguments, name: "rank \(rank)")
        }
        let ports = try processes.map { try $0.answer(RankMessage.Listening.self).port }
        for process in processes { try process.order(RankMessage.Seats(ports: ports)) }
        for process in processes { _ = try process.answer(RankMessage.Ready.self) }
        return RankGroup(implementation: "distml \(link.rawValue)", processes: processes)
    }

    /// Lets all ranks do a collective `repeats` times.
    func measure(
        _ collective: RankMessage.Collective = .allReduce,
        bytes: Int,
        repeats: Int
    ) throws -> AllReduceSample {
        let order = RankMessage.Order(collective: collective, bytes: bytes, repeats: repeats)
        for process in processes { try process.order(order) }
        let reports = try processes.map { try $0.answer(RankMessage.Report.self) }
        return AllReduceSample(
            seconds: (0..<repeats).map { index in
                reports.map { $0.seconds[index] }.max() ?? 0
            },
            cpuSeconds: reports.reduce(0) { $0 + $1.cpuSeconds },
            memoryBytes: reports.map(\.memoryBytes).max() ?? 0
        )
    }

    func finish() {
        for process in processes { process.finish() }
    }
}

/// What a number of collectives cost.
struct AllReduceSample {
    /// Of each, on the rank where it took longest.
    var seconds: [Double] = []
    /// Of all ranks over all of them.
    var cpuSeconds = 0.0
    /// Of the largest rank.
    var memoryBytes = 0

    mutating func add(_ other: AllReduceSample) {
        seconds += other.seconds
        cpuSeconds += other.cpuSeconds
        memoryBytes = max(memoryBytes, other.memoryBytes)
    }
}
