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
            \(TrainJob.all.map(\.name).joined(separator: ", ")).
            """
    )

    @Option(name: .customLong("job"), help: "Only this job (repeatable; default: all).")
    var jobs: [String] = []

    @Option(help: "Numbers of nodes, 1 to 16.")
    var nodes = NumberList([1, 3])

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
        guard nodes.values.allSatisfy((1...16).contains) else {
            throw ValidationError("a number of nodes is 1 to 16")
        }
        guard repeats > 0 else { throw ValidationError("--repeat takes a number from 1 on") }
        for name in jobs where !TrainJob.all.contains(where: { $0.name == name }) {
            let names = TrainJob.all.map(\.name).joined(separator: ", ")
            throw ValidationError("there is no job '\(name)'; there are \(names)")
        }
    }

    func run() throws {
        let chosen = TrainJob.all.filter { jobs.isEmpty || jobs.contains($0.name) }
        let rows = try withTemporaryFolder { folder -> [TrainRow] in
            let python = try compare ? TrainPeers.python(keptIn: peers, or: folder, output) : nil
            let largest = nodes.values.max() ?? 1
            _ = try ThrowawayCertificates(worldSize: largest, in: folder)
            let files = BenchData(folder: data.map { URL(fileURLWithPath: $0) }, scratch: folder)
            return try chosen.flatMap { job -> [TrainRow] in
                guard let sources = try files.sources(of: job) else {
                    output.note("\(job.name): its data are not in the folder of --data")
                    return []
                }
                return try measure(job, sources, folder, python)
            }
        }
        try output.print("train", rows, as: TrainRow.table(rows))
    }

    private func measure(
        _ job: TrainJob,
        _ sources: BenchData.Sources,
        _ folder: URL,
        _ python: URL?
    ) throws -> [TrainRow] {
        var rows: [TrainRow] = []
        for count in nodes.values {
            output.note("\(job.name) on \(count) \(count == 1 ? "node" : "nodes") …")
            let place = folder.appendingPathComponent("\(job.name)-\(count)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
            let cluster = try BenchCluster(nodes: count, certificates: folder, in: place)
            defer { cluster.finish() }
            rows.append(try measure(job, sources, cluster, nodes: count))
        }
        if let python {
            for peer in job.peers {
                output.note("\(job.name) by \(peer) …")
                rows.append(try TrainPeers.measure(peer, job, sources, python, repeats: repeats))
            }
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
        try cluster.command(["dataset", "add", "train"] + sources.train + job.reading)
        if !sources.test.isEmpty {
            let reading = ["--like", "train"] + job.testReading
            try cluster.command(["dataset", "add", "test"] + sources.test + reading)
        }
        var runs: [RunDocument] = []
        var memory = 0
        for repetition in 0..<repeats {
            let words = ["run", job.algorithm, "--dataset", "train"] + job.options
            let (run, peak) = try cluster.watchingWorkers {
                try cluster.call(RunDocument.self, words + ["--name", "m\(repetition)"])
            }
            runs.append(run)
            memory = max(memory, peak)
        }
        var accuracy = runs.last?.metrics.first?.accuracy
        if !sources.test.isEmpty {
            let reply = try cluster.call(ModelEval.Reply.self, ["model", "eval", "m0", "test"])
            accuracy = reply.metrics.first?.accuracy
        }
        return TrainRow(
            job: job.name,
            implementation: "distml",
            nodes: count,
            objective: runs.last?.objective.map { $0 * (job.isSum ? Double(sources.rows) : 1) },
            accuracy: accuracy,
            seconds: median(runs.map(\.wallSeconds)),
            rowsPerSecond: median(runs.map(\.rowsPerSecond)),
            memoryBytes: memory,
            secondsRatio: 1
        )
    }
}
