import ArgumentParser
import ControlAPI
import Domain
import Foundation

/// Trains on public data with the real programs: `distml-bench train`.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Times solvers and models on public data, between real daemons.",
        discussion: """
            Every job starts daemons on the loopback, imports its data and repeats its run. \
            Seconds are those of the search itself, data imported; peers are timed with their \
            data in memory. A job whose data are not in the folder of --data is left out, and \
            said so. Jobs: \
            \((TrainJob.all.map(\.name) + ParseJob.all.map(\.name)).joined(separator: ", ")).
            """
    )

    @Option(name: .customLong("job"), help: "Only this job (repeatable; default: all).")
    var jobs: [String] = []

    @Option(help: "Numbers of nodes, 1 to 16 (default: those of each job).")
    var nodes: NumberList?

    @Option(name: .customLong("repeat"), help: "Runs of each line; the median is shown.")
    var repeats = 5

    @Option(help: "Folder with the public files, in subfolders a9a, fashion-mnist, adult.")
    var data: String?

    @Flag(help: "Also time scikit-learn, LIBLINEAR, LIBSVM and PyTorch, installed from PyPI.")
    var compare = false

    @Option(help: "Folder to keep the peers in for the next time (default: a throw-away one).")
    var peers: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard nodes?.values.allSatisfy((1...16).contains) != false else {
            throw ValidationError("a number of nodes is 1 to 16")
        }
        guard repeats > 0 else { throw ValidationError("--repeat takes a number from 1 on") }
        let known = TrainJob.all.map(\.name) + ParseJob.all.map(\.name)
        for name in jobs where !known.contains(name) {
            let names = known.joined(separator: ", ")
            throw ValidationError("there is no job '\(name)'; there are \(names)")
        }
    }

    func run() throws {
        let missed = MissedLines(output)
        let chosen = TrainJob.all.filter { jobs.isEmpty || jobs.contains($0.name) }
        let rows = try withTemporaryFolder { folder -> [TrainRow] in
            let python = try compare ? TrainPeers.python(keptIn: peers, or: folder, output) : nil
            let largest = chosen.flatMap { nodes?.values ?? $0.nodes }.max() ?? 1
            _ = try ThrowawayCertificates(worldSize: largest, in: folder)
            let files = BenchData(folder: data.map { URL(fileURLWithPath: $0) }, scratch: folder)
            let trained = try chosen.flatMap { job -> [TrainRow] in
                guard let sources = try files.sources(of: job) else {
                    output.note("\(job.name): its data are not in the folder of --data")
                    return []
                }
                return try measure(job, sources, (folder, python), missed)
            }
            let parsed = ParseJob.all.filter { jobs.isEmpty || jobs.contains($0.name) }
                .flatMap { job in
                    output.note("\(job.name) …")
                    return missed.noting(job.name) {
                        try job.measure(files, python, repeats: repeats)
                    } ?? []
                }
            return trained + parsed
        }
        try output.print("train", rows, as: TrainRow.table(rows))
        guard missed.count == 0 else {
            throw BenchError("\(missed.count) of the measurements failed")
        }
    }

    private func measure(
        _ job: TrainJob,
        _ sources: BenchData.Sources,
        _ place: (folder: URL, python: URL?),
        _ missed: MissedLines
    ) throws -> [TrainRow] {
        var rows: [TrainRow] = []
        for count in nodes?.values ?? job.nodes {
            let line = "\(job.name) on \(count) \(count == 1 ? "node" : "nodes")"
            output.note("\(line) …")
            let row = missed.noting(line) {
                let own = place.folder.appendingPathComponent("\(job.name)-\(count)")
                try FileManager.default.createDirectory(
                    at: own,
                    withIntermediateDirectories: false
                )
                let cluster = try BenchCluster(nodes: count, certificates: place.folder, in: own)
                defer { cluster.finish() }
                return try measure(job, sources, cluster, nodes: count)
            }
            if let row { rows.append(row) }
        }
        for peer in place.python == nil ? [] : job.peers {
            guard let python = place.python else { continue }
            output.note("\(job.name) by \(peer) …")
            let row = missed.noting("\(job.name) by \(peer)") {
                try TrainPeers.measure(peer, job, sources, python, repeats: repeats)
            }
            if let row { rows.append(row) }
        }
        let baseline = rows.first?.seconds ?? .nan
        for index in rows.indices { rows[index].secondsRatio = rows[index].seconds / baseline }
        return rows
    }

    private func measure(
        _ job: TrainJob,
        _ sources: BenchData.Sources,
        _ cluster: BenchCluster,
        nodes count: Int
    ) throws -> TrainRow {
        let reading = job.reading.split(separator: " ").map(String.init)
        try cluster.command(["dataset", "add", "train"] + sources.train + reading)
        if !sources.test.isEmpty {
            try cluster.command(["dataset", "add", "test"] + sources.test + ["--like", "train"])
        }
        var runs: [RunDocument] = []
        var evaluations: [(metrics: [Metrics], seconds: Double)] = []
        var memory = 0
        for repetition in 0..<repeats {
            let given = "--dataset train --seed \(repetition) --name m\(repetition)"
            let words = "run \(job.words) \(given)".split(separator: " ").map(String.init)
            let (run, peak) = try cluster.watchingWorkers {
                try cluster.call(RunDocument.self, words)
            }
            runs.append(run)
            memory = max(memory, peak)
            guard !sources.test.isEmpty else { continue }
            let start = ContinuousClock.now
            let reply = try cluster.call(
                ModelEval.Reply.self,
                ["model", "eval", "m\(repetition)", "test"]
            )
            evaluations.append((reply.metrics, (ContinuousClock.now - start) / .seconds(1)))
        }
        var row = TrainRow(
            job: job.name,
            implementation: "distml",
            nodes: count,
            seconds: median(runs.map { $0.searchSeconds ?? $0.wallSeconds }),
            memoryBytes: memory
        )
        let metrics = evaluations.isEmpty ? runs.map(\.metrics) : evaluations.map(\.metrics)
        row.accuracy = mean(metrics.compactMap { $0.first?.accuracy })
        if job.source == .adult {
            row.balancedAccuracy = mean(metrics.compactMap { $0.first?.balancedAccuracy })
        }
        row.fill(from: runs, of: job, rows: sources.rows)
        if case .dual = job.objective { row.predictSeconds = median(evaluations.map(\.seconds)) }
        return row
    }
}

/// Lines that could not be measured: each is named, and the others go on.
private final class MissedLines {
    private let output: OutputOptions
    private(set) var count = 0

    init(_ output: OutputOptions) { self.output = output }

    func noting<Result>(_ line: String, _ body: () throws -> Result) -> Result? {
        do { return try body() } catch {
            output.note("\(line): not measured: \(error)")
            count += 1
            return nil
        }
    }
}

extension TrainRow {
    fileprivate mutating func fill(from runs: [RunDocument], of job: TrainJob, rows: Int) {
        guard let last = runs.last else { return }
        switch job.objective {
        case .plain: objective = last.objective
        case .sum: objective = last.objective.map { $0 * Double(rows) }
        case .dual: objective = last.dualObjective
        }
        rowsPerSecond = median(runs.map(\.rowsPerSecond))
        steps = last.steps
        waits = last.traffic?.waits
        bytesSent = last.bytesSentPerNode
        hiddenShare = last.traffic?.hiddenShare
    }
}

private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
